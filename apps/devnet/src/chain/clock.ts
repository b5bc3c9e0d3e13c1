/**
 * The chain's clock: the wall clock plus an offset that time travel changes. Blocks never run backwards, and the
 * clock never runs ahead of itself: blocks mined within one second share that second's timestamp.
 */
export class ChainClock {
  /** Seconds the chain is ahead (positive) of the wall clock. */
  offset: number;
  readonly #wall: () => number;
  #exact: number | undefined;

  /** @param wall milliseconds since 1970 */
  constructor(wall: () => number, offset = 0) {
    this.#wall = wall;
    this.offset = offset;
  }

  /** The chain's time now, in seconds. */
  now(): number {
    return Math.floor(this.#wall() / 1000) + this.offset;
  }

  /** The clock continues from `seconds`. */
  set(seconds: number): void {
    this.#exact = undefined;
    this.offset = seconds - Math.floor(this.#wall() / 1000);
  }

  /** The next block gets exactly this time; the clock continues from there. */
  setNext(seconds: number): void {
    this.#exact = seconds;
  }

  /** Takes the time for a block on top of one made at `parent`. */
  take(parent: number): number {
    if (this.#exact !== undefined) this.set(this.#exact);
    return Math.max(this.now(), parent);
  }
}
