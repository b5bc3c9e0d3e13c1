import type { Logger } from "pino";

/** What must be closed before a service ends, in the order opposite to opening. */
export type Shutdown = {
  /** True from the first call of `run`: readiness answers no. */
  readonly started: boolean;
  /** @param close must end by itself; it is given up after the grace period. */
  add(name: string, close: () => Promise<void> | void): void;
  /** Closes everything once; later calls wait for the first. Never rejects: what fails is logged. */
  run(): Promise<void>;
};

export function createShutdown(options: { graceMs: number; logger: Logger }): Shutdown {
  const closers: { name: string; close: () => Promise<void> | void }[] = [];
  let running: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    for (const { name, close } of closers.toReversed()) {
      try {
        await withDeadline(close, options.graceMs, name);
      } catch (error) {
        options.logger.warn({ err: error, part: name }, "did not close cleanly");
      }
    }
  }

  return {
    get started() {
      return running !== undefined;
    },
    add: (name, close) => closers.push({ name, close }),
    run() {
      running ??= closeAll();
      return running;
    },
  };
}

async function withDeadline(close: () => Promise<void> | void, ms: number, name: string): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`${name} did not close within ${ms} ms`)), ms);
  try {
    await Promise.race([close(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
