/** Ends what has been started, in the opposite order. Safe to call at any time and twice. */
export class Parts {
  readonly #closers: { name: string; close: () => Promise<void> | void }[] = [];
  #stopped: Promise<void> | undefined;

  get stopping(): boolean {
    return this.#stopped !== undefined;
  }

  /** Registers a started part; one that became ready while everything ends is closed at once. */
  async add(name: string, close: () => Promise<void> | void): Promise<void> {
    if (this.#stopped) {
      await close();
      throw new Error(`${name} was stopped while it started`);
    }
    this.#closers.push({ name, close });
  }

  stop(onError: (part: string, error: unknown) => void = () => {}): Promise<void> {
    this.#stopped ??= (async () => {
      for (const { name, close } of this.#closers.toReversed()) {
        try {
          await within(PART_GRACE_MS, close);
        } catch (error) {
          onError(name, error);
        }
      }
    })();
    return this.#stopped;
  }
}

/** A part that does not end in this time is left to its fate: children die with this process. */
const PART_GRACE_MS = 12_000;

async function within(ms: number, close: () => Promise<void> | void): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`not ended after ${ms / 1000} s`)), ms);
  try {
    await Promise.race([close(), promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits for both, so that nothing is still starting when the first failure is told. */
export async function settle<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  const results = await Promise.allSettled([a, b]);
  const bad = results.find((result) => result.status === "rejected");
  if (bad) throw bad.reason;
  return [await a, await b];
}
