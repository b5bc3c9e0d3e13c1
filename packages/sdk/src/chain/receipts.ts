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

export type WaitOptions = {
  readonly timeoutMs: number;
  readonly pollingIntervalMs: number;
  readonly now: () => number;
  /** Called about once a second while there is no receipt: repairs what keeps the transaction from a block. */
  readonly nudge?: () => Promise<void>;
};

/**
 * Waits for the receipt, at first in quick steps (a local node has it at once), then at the polling interval.
 *
 * @throws RpcError `RECEIPT_AWAIT_FAILED` when the time is up: the transaction may still be pending, its hash is in
 * the error.
 */
export async function waitForReceipt(rpc: Rpc, hash: Hex, options: WaitOptions): Promise<Receipt> {
  const { now, nudge } = options;
  const start = now();
  let step = 2;
  let nudgedAt = start;
  let lastFault: unknown;
  for (;;) {
    try {
      const receipt = await readReceipt(rpc, hash);
      if (receipt !== null) return receipt;
      if (nudge !== undefined && now() - nudgedAt > 1_000) {
        nudgedAt = now();
        await nudge();
      }
    } catch (error) {
      // Replaced for good: more waiting is of no use. Anything else can pass.
      if (error instanceof RpcError && error.code === "TX_REPLACED") throw error;
      lastFault = error;
    }
    const left = options.timeoutMs - (now() - start);
    if (left <= 0) throw stillPending(hash, options.timeoutMs, lastFault);
    await delay(Math.min(step, options.pollingIntervalMs, left));
    step *= 2;
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
