import type { PeaqosClient } from "@peaqos/peaq-os-sdk";
import { networkError } from "../engine/errors.ts";
import type { Ui } from "../engine/ui.ts";

export type Fate = "mined" | "reverted" | "unknown";

type RawReceipt = { status?: string; blockNumber?: string | null } | null;

/** How long a transaction of an earlier run is waited for, and how often it is looked at. */
export type Patience = { readonly timeoutMs: number; readonly everyMs: number };

const PATIENCE: Patience = { timeoutMs: 120_000, everyMs: 500 };

/**
 * What became of a transaction that an earlier run signed: mined, reverted, or unknown to the node (it was never
 * sent, or was dropped). One that still waits is waited for; when the time is up, exit 2 with its hash.
 */
export async function fateOf(
  client: Pick<PeaqosClient, "chain">,
  hash: string,
  ui: Pick<Ui, "note">,
  patience: Patience = PATIENCE,
): Promise<Fate> {
  const { rpc } = client.chain;
  let waited = 0;
  for (;;) {
    const receipt = await rpc.request<RawReceipt>("eth_getTransactionReceipt", [hash]);
    if (receipt?.blockNumber) return BigInt(receipt.status ?? "0x0") === 1n ? "mined" : "reverted";
    if ((await rpc.request("eth_getTransactionByHash", [hash])) === null) return "unknown";
    if (waited === 0) ui.note(`waiting for transaction ${hash} of an earlier run`);
    if (waited >= patience.timeoutMs) throw stillPending(hash, patience.timeoutMs);
    await new Promise((resolve) => setTimeout(resolve, patience.everyMs));
    waited += patience.everyMs;
  }
}

function stillPending(hash: string, timeoutMs: number) {
  return networkError({
    code: "STILL_PENDING",
    message: `A transaction of an earlier run is still not in a block after ${timeoutMs / 1000} s`,
    value: hash,
    rule: "what an earlier run sent has to end before the same thing is sent again",
    next: "wait and run the same command again",
    details: { tx_hash: hash },
  });
}
