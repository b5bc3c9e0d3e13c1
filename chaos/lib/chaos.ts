/** What a chaos command is: something done very often under bad conditions, and what must be true afterwards. */
export type Chaos = {
  /** One line: what is done and what must hold. */
  readonly title: string;
  run(context: ChaosContext): Promise<ChaosReport>;
};

export type ChaosContext = {
  /** 1 is the full size; 0.01 a hundredth of it. */
  readonly scale: number;
  log(line: string): void;
};

export type ChaosReport = {
  /** What was done, with how often. */
  readonly did: readonly string[];
  readonly checks: readonly ChaosCheck[];
};

export type ChaosCheck = {
  /** What must be true, and how often it was looked at. */
  readonly what: string;
  readonly times: number;
  /** What was found instead; empty when it held. */
  readonly violations: readonly string[];
};

/** Collects one check's findings. */
export function check(what: string) {
  const violations: string[] = [];
  let times = 0;
  return {
    /** @param found what was found instead, asked only when it did not hold. */
    expect(holds: boolean, found: () => string): void {
      times++;
      if (!holds) violations.push(found());
    },
    report: (): ChaosCheck => ({ what, times, violations }),
  };
}

export function print(title: string, { did, checks }: ChaosReport, seconds: number): string {
  const violations = checks.reduce((sum, each) => sum + each.violations.length, 0);
  const lines = checks.flatMap(({ what, times, violations: found }) => [
    `  ${found.length === 0 ? "held" : "BROKEN"}  ${what}: looked at ${times.toLocaleString("en-US")} times, ${found.length} violations`,
    ...found.slice(0, 5).map((each) => `          ${each}`),
  ]);
  return [
    title,
    ...did.map((each) => `  did   ${each}`),
    ...lines,
    `${violations} violations in ${Math.round(seconds)} s`,
  ].join("\n");
}
