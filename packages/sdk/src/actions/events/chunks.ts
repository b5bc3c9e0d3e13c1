/** Cuts a stream of items into chunks by number, weight and pause. */
export type ChunkOptions<T> = {
  readonly maxItems: number;
  /** Asked for each chunk: what was learnt meanwhile counts. */
  readonly maxWeight: () => number;
  readonly weigh: (item: T) => number;
  /** A pause of the source this long ends a chunk. */
  readonly lingerMs: number;
  readonly signal: AbortSignal | undefined;
};

/** An item and its position in the whole stream. */
export type Numbered<T> = { readonly item: T; readonly index: number };

/** The chunks, in order, none empty. A single item heavier than the limit gets a chunk of its own. */
export async function* chunksOf<T>(
  source: Iterable<T> | AsyncIterable<T>,
  options: ChunkOptions<T>,
): AsyncGenerator<Numbered<T>[], void, undefined> {
  let chunk: Numbered<T>[] = [];
  let weight = 0;
  let index = 0;
  const isAsync = Symbol.asyncIterator in source;
  const iterator = isAsync ? source[Symbol.asyncIterator]() : (source as Iterable<T>)[Symbol.iterator]();
  let pending: Promise<IteratorResult<T>> | IteratorResult<T> | null = null;
  try {
    for (;;) {
      if (options.signal?.aborted) break;
      pending ??= iterator.next();
      const step: IteratorResult<T> | "pause" =
        pending instanceof Promise && chunk.length > 0
          ? await orPause(pending, options.lingerMs)
          : await pending;
      if (step === "pause") {
        yield chunk;
        [chunk, weight] = [[], 0];
        continue;
      }
      pending = null;
      if (step.done) break;
      const heavy = options.weigh(step.value);
      if (chunk.length > 0 && (chunk.length >= options.maxItems || weight + heavy > options.maxWeight())) {
        yield chunk;
        [chunk, weight] = [[], 0];
      }
      chunk.push({ item: step.value, index });
      weight += heavy;
      index += 1;
    }
    if (chunk.length > 0) yield chunk;
  } finally {
    await iterator.return?.();
  }
}

/** The step, or "pause" when it takes longer than `ms`. */
async function orPause<S>(step: Promise<S>, ms: number): Promise<S | "pause"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pause = new Promise<"pause">((resolve) => {
    timer = setTimeout(resolve, ms, "pause");
  });
  try {
    return await Promise.race([step, pause]);
  } finally {
    clearTimeout(timer);
  }
}
