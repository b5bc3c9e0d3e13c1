import { RpcError } from "../errors/runtime.ts";
import type { Hex } from "../types.ts";
import { delay, quantity, type Rpc } from "./rpc.ts";

/** A log as the node gives it. */
export type Log = { readonly address: Hex; readonly topics: readonly Hex[]; readonly data: Hex };

/** A receipt, as far as the SDK reads it. */
export type Receipt = {
  readonly txHash: Hex;
  readonly succeeded: boolean;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
  readonly logs: readonly Log[];
};

type RawReceipt = {
  status?: string;
  blockNumber?: string | null;
  gasUsed?: string;
  logs?: { address: Hex; topics: Hex[]; data: Hex }[];
};

/** One look; null while the transaction is not in a block. */
export async function readReceipt(rpc: Rpc, hash: Hex): Promise<Receipt | null> {
  const raw = await rpc.request<RawReceipt | null>("eth_getTransactionReceipt", [hash]);
  if (raw === null || raw.blockNumber == null) return null;
  return {
    txHash: hash,
    succeeded: quantity(raw.status, "the receipt's status") === 1n,
    blockNumber: quantity(raw.blockNumber, "the receipt's block"),
    gasUsed: quantity(raw.gasUsed, "the gas used"),
    logs: raw.logs ?? [],
  };
}

/**
 * Looks again and again, at first in quick steps, until there is a receipt or `deadline` (by `now`) is over. Always
 * looks at least once. Faults of the endpoint count as "not yet".
 */
export async function pollReceipt(
  rpc: Rpc,
  hash: Hex,
  options: { readonly now: () => number; readonly deadline: number },
): Promise<Receipt | null> {
  for (let step = 2; ; step = Math.min(step * 2, 1_000)) {
    const receipt = await readReceipt(rpc, hash).catch(() => null);
    if (receipt !== null || options.now() + step > options.deadline) return receipt;
    await delay(step);
  }
}

/** "Still pending, here is the hash." */
export function stillPending(hash: Hex, timeoutMs: number, cause?: unknown): RpcError {
  return new RpcError(
    `No receipt for transaction ${hash} after ${timeoutMs / 1000} s; it may still be pending.`,
    {
      code: "RECEIPT_AWAIT_FAILED",
      txHash: hash,
      ...(cause !== undefined && { cause }),
      hint: "Do not send it again before you have looked the hash up: it can still be mined.",
    },
  );
}

/** The submission's answer never came: nobody can say yet whether the node has the transaction. */
export function answerLost(hash: Hex, cause: RpcError): RpcError {
  return new RpcError(
    `The node's answer to transaction ${hash} was lost (${cause.code}); it may have arrived and still be pending.`,
    {
      code: "RECEIPT_AWAIT_FAILED",
      txHash: hash,
      cause,
      hint: "Do not send it again before you have looked the hash up: it can still be mined.",
    },
  );
}
