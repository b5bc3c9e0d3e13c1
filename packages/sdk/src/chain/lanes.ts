/** Lets a fixed number of tasks run at a time, the others in the order they came. */
export class Lanes {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/** Lets waiting I/O happen. `setImmediate` costs nothing where there is one; a timer does the same in browsers. */
function breathe(): Promise<void> {
  const immediate = (globalThis as { setImmediate?: (run: () => void) => unknown }).setImmediate;
  return new Promise((resolve) => {
    if (immediate === undefined) setTimeout(resolve, 0);
    else immediate(resolve);
  });
}

/**
 * Interrupts a run of heavy synchronous work (signatures) now and then, so that what is ready is sent while the rest is
 * still being made; the node would be idle meanwhile.
 */
export class Breather {
  readonly #every: number;
  #count = 0;
  #pause: Promise<void> | null = null;

  constructor(every: number) {
    this.#every = every;
  }

  /** Call before each piece of work. */
  async turn(): Promise<void> {
    while (this.#pause !== null) await this.#pause;
    this.#count += 1;
    if (this.#count < this.#every) return;
    this.#count = 0;
    this.#pause = breathe().then(() => {
      this.#pause = null;
    });
  }
}
