/** Whether a payment from a stranger backs an event: a pure check over the fetched transaction. */
import type { Hex } from "viem";
import type {
  EvidenceEvent,
  EvidencePolicy,
  EvidenceReason,
  TransactionFact,
  TransferFact,
} from "./types.ts";

/** A payment may be this many seconds older or younger than the event it backs. */
export const PAYMENT_MAX_AGE = 86_400;
export const PAYMENT_MAX_LATENESS = 600;
/** Least percent of the event's dollar amount that the transfer must carry: room for fees. */
const LEAST_PERCENT = 95n;

const NO_HASH: Hex = `0x${"0".repeat(64)}`;

/** What `checkPayment` found: the transfer it accepts, or why none; `retry` when time or an RPC may change that. */
export type PaymentVerdict =
  | { readonly paid: true; readonly transferKey: string }
  | { readonly paid: false; readonly reason: EvidenceReason; readonly retry: boolean };

/** The chain an event's source transaction is on: 0 is the registry's own. */
export function sourceChainOf(event: Pick<EvidenceEvent, "sourceChainId">, policy: EvidencePolicy): bigint {
  return event.sourceChainId === 0n ? BigInt(policy.homeChainId) : event.sourceChainId;
}

/** Key of a transaction in `EvidenceFacts.transactions`. */
export function transactionKey(chainId: bigint | number, hash: Hex): string {
  return `${chainId}:${hash.toLowerCase()}`;
}

/** Whether the event names a source transaction at all. */
export function hasSource(event: Pick<EvidenceEvent, "sourceTxHash">): boolean {
  return event.sourceTxHash.toLowerCase() !== NO_HASH;
}

/** amount / 10^decimals dollars >= 95 % of the event's cents; for an activity event at least 1 cent. */
function isEnough(amount: bigint, decimals: number, event: EvidenceEvent): boolean {
  const unit = 10n ** BigInt(decimals);
  if (event.eventType === 1) return amount * 100n >= unit;
  return event.usdCents !== null && amount * 10_000n >= LEAST_PERCENT * event.usdCents * unit;
}

/**
 * Checks the event's source transaction. Of several transfers the first in log order that meets every condition counts; if none
 * does, the reason is the condition that the best of them failed: to the machine, known token, from a stranger, unused, amount.
 */
export function checkPayment(
  event: EvidenceEvent,
  fact: TransactionFact,
  policy: EvidencePolicy,
  isUsed: (transferKey: string) => boolean,
): PaymentVerdict {
  const refuse = (reason: EvidenceReason, retry = false): PaymentVerdict => ({ paid: false, reason, retry });
  // Without a hash there is nothing that could still turn up.
  if (!hasSource(event)) return refuse("tx_missing");
  if (fact.kind === "no_rpc") return refuse("no_rpc", true);
  if (fact.kind === "missing") return refuse("tx_missing", true);
  if (fact.kind === "not_final") return refuse("tx_not_final", true);
  if (fact.kind === "failed") return refuse("tx_failed");
  if (fact.blockTime < event.timestamp - PAYMENT_MAX_AGE) return refuse("tx_too_old");
  if (fact.blockTime > event.timestamp + PAYMENT_MAX_LATENESS) return refuse("tx_after_event");

  const chainId = sourceChainOf(event, policy);
  const own = new Set([event.machineAddress, event.operatorAddress].map((address) => address?.toLowerCase()));
  const tokens = new Map(
    policy.tokens
      .filter((token) => BigInt(token.chainId) === chainId)
      .map((token) => [token.address.toLowerCase(), token.decimals]),
  );
  const keyOf = (transfer: TransferFact): string =>
    `${transactionKey(chainId, event.sourceTxHash)}:${transfer.logIndex}`;

  let candidates = [...fact.transfers].sort((a, b) => a.logIndex - b.logIndex);
  const steps: readonly [EvidenceReason, (transfer: TransferFact) => boolean][] = [
    ["no_transfer_to_machine", (transfer) => own.has(transfer.to.toLowerCase())],
    ["unknown_token", (transfer) => tokens.has(transfer.token.toLowerCase())],
    ["self_payment", (transfer) => !own.has(transfer.from.toLowerCase())],
    ["transfer_reused", (transfer) => !isUsed(keyOf(transfer))],
    [
      "amount_mismatch",
      (transfer) => isEnough(transfer.amount, tokens.get(transfer.token.toLowerCase())!, event),
    ],
  ];
  for (const [reason, passes] of steps) {
    candidates = candidates.filter(passes);
    if (candidates.length === 0) return refuse(reason);
  }
  return { paid: true, transferKey: keyOf(candidates[0]!) };
}
