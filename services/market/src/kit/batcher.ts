/**
 * Gathers what arrives while work is under way and does it together: one transaction, one commit for many requests.
 * Alone, a request waits for nobody. Nothing is delayed by a timer.
 */
export type Batcher<Q, R> = {
  /** Resolves or rejects as the item's own outcome says. */
  add(item: Q): Promise<R>;
};

export type Settled<R> = { readonly value: R } | { readonly error: unknown };

/** The item goes on by itself: its batch ends without it, and what must stay apart from it waits on. */
export type Later<R> = { readonly later: Promise<Settled<R>> };

export type BatcherOptions<Q, R> = {
  /** One outcome per item, in their order. A rejection is every item's error. */
  readonly run: (items: readonly Q[]) => Promise<readonly (Settled<R> | Later<R>)[]>;
  /** Items in a batch at most. */
  readonly max: number;
  /** Batches under way at a time. */
  readonly concurrency: number;
  /** Items with a word in common never share a batch nor run at the same time. */
  readonly apart?: (item: Q) => readonly string[];
};

type Waiting<Q, R> = { readonly item: Q; resolve(value: R): void; reject(error: unknown): void };

export function createBatcher<Q, R>(options: BatcherOptions<Q, R>): Batcher<Q, R> {
  const { max, concurrency } = options;
  let waiting: Waiting<Q, R>[] = [];
  const busy = new Set<string>();
  let running = 0;
  let planned = false;

  /** Takes the next batch; what must stay apart from it, or from one under way, stays in the queue. */
  function take(): Waiting<Q, R>[] {
    if (options.apart === undefined) return waiting.splice(0, max);
    const batch: Waiting<Q, R>[] = [];
    const left: Waiting<Q, R>[] = [];
    for (const each of waiting) {
      const words = batch.length < max ? options.apart(each.item) : [];
      if (batch.length >= max || words.some((word) => busy.has(word))) {
        left.push(each);
        continue;
      }
      for (const word of words) busy.add(word);
      batch.push(each);
    }
    waiting = left;
    return batch;
  }

  function settle(each: Waiting<Q, R>, outcome: Settled<R> | undefined): void {
    if (outcome === undefined) each.reject(new Error("a batch forgot one of its items"));
    else if ("error" in outcome) each.reject(outcome.error);
    else each.resolve(outcome.value);
  }

  function free({ item }: Waiting<Q, R>): void {
    for (const word of options.apart?.(item) ?? []) busy.delete(word);
  }

  async function goOn(each: Waiting<Q, R>, { later }: Later<R>): Promise<void> {
    const outcome = await later.catch((error: unknown) => ({ error }));
    settle(each, outcome);
    free(each);
    if (waiting.length > 0) plan();
  }

  async function run(batch: readonly Waiting<Q, R>[]): Promise<void> {
    const ended = new Set(batch);
    try {
      const outcomes = await options.run(batch.map((each) => each.item));
      for (const [index, each] of batch.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined || !("later" in outcome)) {
          settle(each, outcome);
          continue;
        }
        ended.delete(each);
        void goOn(each, outcome);
      }
    } catch (error) {
      for (const each of batch) each.reject(error);
    } finally {
      ended.forEach(free);
      running--;
      if (waiting.length > 0) plan();
    }
  }

  function start(): void {
    planned = false;
    while (running < concurrency && waiting.length > 0) {
      const batch = take();
      if (batch.length === 0) return;
      running++;
      void run(batch);
    }
  }

  /** After what else has arrived in this turn of the loop. */
  function plan(): void {
    if (planned || running >= concurrency) return;
    planned = true;
    setImmediate(start);
  }

  return {
    add: (item) =>
      new Promise<R>((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        plan();
      }),
  };
}
