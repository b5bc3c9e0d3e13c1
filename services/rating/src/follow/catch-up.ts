import { RangeTooLarge } from "./fetch-range.ts";
import type { PreparedRange } from "./prepare-range.ts";
import type { RangeSize } from "./range-size.ts";

/** Ranges read while one is written. */
const flyingAtOnce = 3;

/**
 * The ranges from `first` to `last` in their order; the next ones are being read while one is looked at. Sizes follow
 * what the provider takes.
 *
 * @throws what `read` throws; a refused range has made the size smaller by then.
 */
export async function* readAhead(options: {
  readonly size: RangeSize;
  readonly read: (from: number, to: number) => Promise<PreparedRange>;
  readonly first: number;
  readonly last: number;
}): AsyncGenerator<PreparedRange, void, void> {
  const { size, last } = options;
  const flying: { readonly blocks: number; readonly work: Promise<PreparedRange> }[] = [];
  let next = options.first;
  try {
    while (next <= last || flying.length > 0) {
      while (flying.length < flyingAtOnce && next <= last) {
        const to = Math.min(next + size.blocks - 1, last);
        const work = options.read(next, to);
        // It is looked at in its turn; until then its failure must not end the process.
        work.catch(() => undefined);
        flying.push({ blocks: to - next + 1, work });
        next = to + 1;
      }
      const { blocks, work } = flying.shift()!;
      const prepared = await work.catch((error: unknown) => {
        if (error instanceof RangeTooLarge) size.refused(blocks);
        throw error;
      });
      size.fits(blocks, prepared.range.logCount);
      yield prepared;
    }
  } finally {
    await Promise.allSettled(flying.map(({ work }) => work));
  }
}
