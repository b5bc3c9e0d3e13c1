import type { Market } from "../kit/market.ts";
import type { PaymentChain } from "./chain/chains.ts";
import type { Head } from "./chain/heads.ts";
import { reversalJob } from "./reverse.ts";
import { transfersOfBlock, watchedBlocks } from "./transfers.ts";

/**
 * Counted transfers stay watched until they are deep enough. As long as heads follow each other nothing is asked; where
 * they do not, and every while all the same, the blocks of the watched transfers are compared with the chain's. What is
 * gone becomes a job. Any replica may notice: the job is safe to run twice.
 */

const hex = (value: bigint) => `0x${value.toString(16)}`;
/** Also without a sign of a reorganisation: a transfer may be settled from a block that was gone a moment later. */
const fullLookMs = 10_000;

export function createWatch(
  market: Market,
): (chain: PaymentChain, head: Head, before: Head | null) => Promise<void> {
  const { config, database, logger } = market;
  const depth = BigInt(config.PEAQOS_PAYMENT_WATCH_BLOCKS);
  const looked = new Map<string, number>();

  return async (chain, head, before) => {
    const follows = before !== null && head.parentHash === before.hash;
    const since = performance.now() - (looked.get(chain.id) ?? Number.NEGATIVE_INFINITY);
    if (follows && since < fullLookMs) return;
    const floor = head.number - depth;
    const blocks = await watchedBlocks(database.pool, chain.id, floor < 0n ? -1n : floor);
    if (blocks.length > 0) {
      const answers = await chain.rpc.batch(
        blocks.map((block) => ({
          method: "eth_getBlockByNumber",
          params: [hex(block.block_number), false],
        })),
      );
      for (const [index, block] of blocks.entries()) {
        const answer = answers[index];
        // No verdict without an answer: it is looked at again.
        if (answer instanceof Error) throw answer;
        const hash = (answer as { hash?: unknown } | null)?.hash;
        if (hash === block.block_hash) continue;
        logger.warn(
          { chain: chain.id, block: String(block.block_number), hash: block.block_hash },
          "a block with payments is no longer on its chain",
        );
        const transfers = await transfersOfBlock(database.pool, chain.id, block);
        await market.system(async (tx) => {
          for (const transfer of transfers)
            tx.enqueue({
              kind: reversalJob,
              machineId: null,
              payload: {
                paymentId: transfer.payment_id,
                purpose: transfer.purpose,
                blockHash: transfer.block_hash,
              },
            });
        });
      }
    }
    looked.set(chain.id, performance.now());
  };
}
