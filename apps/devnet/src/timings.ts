/** How long the phases of a start took, for `--timings` and the log. */
export class Timings {
  readonly #begin: number;
  readonly #phases: { name: string; start: number; end: number }[] = [];

  constructor(begin = performance.now()) {
    this.#begin = begin;
  }

  async measure<T>(name: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#phases.push({ name, start: start - this.#begin, end: performance.now() - this.#begin });
    }
  }

  get total(): number {
    return performance.now() - this.#begin;
  }

  /** One line per phase: when it began, how long it took. */
  text(): string {
    return this.#phases
      .toSorted((a, b) => a.start - b.start)
      .map(({ name, start, end }) => `${ms(start)} + ${ms(end - start)}  ${name}`)
      .join("\n");
  }
}

function ms(value: number): string {
  return `${value.toFixed(0)} ms`.padStart(8);
}
