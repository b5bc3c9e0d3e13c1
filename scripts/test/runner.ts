/** What a runner found. A test is counted once; `failures` holds one readable paragraph per failed test. */
export type Outcome = { passed: number; failed: number; skipped: number; failures: string[] };

export type RunOptions = {
  /** File filters and flags after `npm test --`, for the runner that understands them (vitest). */
  args: string[];
  /** A directory for report files, removed afterwards. */
  scratch: string;
};

/** One kind of tests. Add yours to the list in scripts/test.ts. */
export type Runner = {
  id: string;
  title: string;
  /** Why it cannot run on this machine, or undefined when it can. */
  leftOut?: () => Promise<string | undefined>;
  run: (options: RunOptions) => Promise<Outcome>;
};

export const nothing: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [] };

export function add(a: Outcome, b: Outcome): Outcome {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
    failures: [...a.failures, ...b.failures],
  };
}

/** The last line of every run, read by .ci/run. */
export function summaryLine({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** A runner that ended badly without naming a failed test has failed once: nothing is lost in a count. */
export function withExitCode(outcome: Outcome, code: number, output: string): Outcome {
  if (code === 0 || outcome.failed > 0) return outcome;
  const tail = output.trimEnd().split("\n").slice(-30).join("\n");
  return add(outcome, { ...nothing, failed: 1, failures: [`ended with exit code ${code}:\n${tail}`] });
}
