/** How many blocks to ask for at once: grows while answers are small, shrinks when a provider refuses. */
export type RangeSize = {
  readonly blocks: number;
  /** A range was read; `logs` in it. */
  fits(blocks: number, logs: number): void;
  /** A range was refused. */
  refused(blocks: number): void;
};

const targetLogs = 8_000;
const maxBlocks = 20_000;

export function createRangeSize(start = 100): RangeSize {
  let blocks = start;
  /** The smallest size known to be refused: growth stops below it. */
  let ceiling = maxBlocks;
  let successes = 0;
  return {
    get blocks() {
      return blocks;
    },
    fits(read, logs) {
      // Once in a while a limit is tried again: providers lift them, and dense stretches end.
      successes += 1;
      if (successes % 100 === 0) ceiling = maxBlocks;
      if (logs > targetLogs * 2) blocks = Math.max(1, Math.floor((read * targetLogs) / logs));
      else if (logs < targetLogs / 2 && read >= blocks) blocks = Math.min(blocks * 2, ceiling);
    },
    refused(asked) {
      blocks = Math.max(1, Math.floor(asked / 2));
      ceiling = Math.max(1, asked - 1, blocks);
    },
  };
}
