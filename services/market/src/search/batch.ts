/**
 * Writes what comes in at the same time together: while one write is under way the next ones gather, so that a busy
 * server commits once for many requests and an idle one waits for nothing.
 */
export type Batch<T> = {
  /** Resolves when the entry is written. */
  add(entry: T): Promise<void>;
};

type Waiting<T> = {
  readonly entry: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

/** @param write writes all entries or none. */
export function createBatch<T>(
  write: (entries: readonly T[]) => Promise<void>,
  options: { readonly most: number; readonly isShared: (error: unknown) => boolean },
): Batch<T> {
  let waiting: Waiting<T>[] = [];
  let busy = false;

  async function together(list: readonly Waiting<T>[]): Promise<void> {
    try {
      await write(list.map((each) => each.entry));
      for (const each of list) each.resolve();
    } catch (error) {
      // An entry that cannot be written must not take the others with it; an outage takes all of them anyway.
      if (list.length === 1 || options.isShared(error)) for (const each of list) each.reject(error);
      else for (const each of list) await together([each]);
    }
  }

  async function work(): Promise<void> {
    busy = true;
    while (waiting.length > 0) {
      const list = waiting.slice(0, options.most);
      waiting = waiting.slice(options.most);
      await together(list);
    }
    busy = false;
  }

  return {
    add: (entry) =>
      new Promise((resolve, reject) => {
        waiting.push({ entry, resolve, reject });
        if (!busy) void work();
      }),
  };
}
