import { createBatcher } from "./batcher.ts";
import type { Market } from "./market.ts";
import { keyWords, type ManyItem, type ManyWork, writeMany } from "./write-many.ts";

/** What a request made just now, or the id of what the same key made before. */
export type Written<M> = { readonly made: M } | { readonly replayOf: string };

export type WriteBatchOptions<I extends ManyItem, M> = {
  /** More in one transaction would gain little and let the first wait for the last. */
  readonly max: number;
  readonly work: ManyWork<I>;
  /** What the work left at an item that it did not refuse. */
  readonly madeOf: (item: I) => M;
};

/**
 * Requests that arrive while others are being written are written together (batcher.ts, write-many.ts). Each item
 * keeps the id of what it makes (`keep`: `{"id":…}`) for a repeated key.
 *
 * @returns writes one request. It rejects with the request's own refusal.
 */
export function createWriteBatches<I extends ManyItem, M>(
  market: Market,
  { max, work, madeOf }: WriteBatchOptions<I, M>,
): (item: I) => Promise<Written<M>> {
  const batcher = createBatcher<I, Written<M>>({
    max,
    concurrency: 1,
    apart: (item) => keyWords(item.source),
    async run(items) {
      const outcomes = await writeMany(market, items, work);
      return outcomes.map((outcome, at) => {
        if ("error" in outcome) return outcome;
        if ("replay" in outcome) return { value: { replayOf: (outcome.replay as { id: string }).id } };
        return { value: { made: madeOf(items[at]!) } };
      });
    },
  });
  return (item) => {
    // A key that is none is refused here, before the queue would stumble over it.
    keyWords(item.source);
    return batcher.add(item);
  };
}
