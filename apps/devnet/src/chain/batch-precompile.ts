import type { Address, Hex } from "viem";

/** Where peaq's batch precompile lives; on the devnet a stand-in contract has this address. */
export const BATCH_PRECOMPILE: Address = "0x0000000000000000000000000000000000000805";

/**
 * The code that makes an account act through `executor` (EIP-7702 delegation designator). A plain contract at 0x805
 * would itself be the caller of everything it calls; with this code lent to the sender for the length of the call,
 * the stand-in calls back into the sender and every subcall has the sender as `msg.sender` and payer, as on peaq.
 */
export function designator(executor: Address): Hex {
  return `0xef0100${executor.slice(2).toLowerCase()}`;
}

export function isBatchPrecompile(address: unknown): boolean {
  return typeof address === "string" && address.toLowerCase() === BATCH_PRECOMPILE;
}

type CallObject = { from?: unknown; to?: unknown };

/**
 * Parameters of eth_call or eth_estimateGas with what the devnet adds, or undefined when nothing is to be added:
 * the sender's lent code for calls to the batch precompile, and the chain's time for calls on the latest block
 * (an idle chain's latest block is old, and `FutureTimestamp` would refuse an event of this minute).
 */
export function callParams(
  params: readonly unknown[],
  context: { executor: Address | undefined; now: number; head: number },
): unknown[] | undefined {
  const [call, block, overrides, blockOverrides] = params;
  if (typeof call !== "object" || call === null) return undefined;
  const { from, to } = call as CallObject;
  const lend = context.executor !== undefined && isBatchPrecompile(to);
  const latest = block === undefined || block === null || block === "latest" || block === "pending";
  const time =
    latest && context.now > context.head && (blockOverrides === undefined || blockOverrides === null);
  if (!lend && !time) return undefined;
  const result: unknown[] = [call, block ?? "latest", overrides ?? {}, blockOverrides ?? {}];
  if (lend && context.executor !== undefined) {
    const sender = typeof from === "string" ? from : ZERO;
    result[2] = withCode((overrides ?? {}) as Record<string, object>, sender, designator(context.executor));
  }
  if (time) result[3] = { time: `0x${context.now.toString(16)}` };
  return result;
}

const ZERO = "0x0000000000000000000000000000000000000000";

/** The caller's own override of the account stays; it only gets the code. */
function withCode(overrides: Record<string, object>, account: string, code: Hex): Record<string, object> {
  const key = Object.keys(overrides).find((each) => each.toLowerCase() === account.toLowerCase()) ?? account;
  return { ...overrides, [key]: { ...overrides[key], code } };
}
