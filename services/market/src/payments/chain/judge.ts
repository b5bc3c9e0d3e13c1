import type { MarketErrorCode } from "@peaqos/protocol/market";
import type { TransactionFact, TransferLog } from "./facts.ts";

/** Whether a transaction is the transfer that was asked for: a pure check over what the chain told. */

/** What must be found. Addresses in lower case, the amount in base units. */
export type ExpectedTransfer = {
  readonly token: string;
  readonly payer: string;
  readonly payee: string;
  readonly amount: bigint;
  /** The transfer must be above this block; null where the head was not known. */
  readonly sinceBlock: bigint | null;
  /** The transfer must not be older than this, in seconds since 1970; asked where the block cannot tell. */
  readonly sinceTime: number;
};

export type Refusal = {
  readonly code: MarketErrorCode;
  readonly reason: string;
  readonly message: string;
};

export type Verdict =
  /** The transfers that fit, in the order of their logs: the first that no other payment holds counts. */
  | { readonly state: "found"; readonly transfers: readonly TransferLog[] }
  /** The chain has decided against it. */
  | ({ readonly state: "failed" } & Refusal)
  /** It can still turn out either way. */
  | ({ readonly state: "unknown" } & Refusal);

/** What the best candidate lacks, in the order in which candidates are narrowed down. */
const steps: readonly (readonly [
  reason: string,
  message: (expected: ExpectedTransfer) => string,
  passes: (transfer: TransferLog, expected: ExpectedTransfer) => boolean,
])[] = [
  ["wrong_token", ({ token }) => `no transfer of the token ${token}`, (t, e) => t.token === e.token],
  ["wrong_payee", ({ payee }) => `no transfer of the token to ${payee}`, (t, e) => t.to === e.payee],
  ["wrong_payer", ({ payer }) => `no such transfer from ${payer}`, (t, e) => t.from === e.payer],
  [
    "wrong_amount",
    ({ amount }) => `no such transfer of exactly ${amount} base units`,
    (t, e) => t.amount === e.amount,
  ],
];

export function judge(fact: TransactionFact, expected: ExpectedTransfer, hash: string): Verdict {
  switch (fact.kind) {
    case "trouble":
      return unknown(
        "PAYMENT_RPC_ERROR",
        "rpc_error",
        `the payment's chain cannot be asked: ${fact.message}`,
      );
    case "unmined":
      return unknown(
        "PAYMENT_NOT_MINED",
        fact.overtaken ? "overtaken" : "not_mined",
        fact.overtaken
          ? `transaction ${hash} is in no block, and another one has used its nonce`
          : `transaction ${hash} is in no block`,
      );
    case "unconfirmed":
      return unknown(
        "PAYMENT_NOT_MINED",
        "not_confirmed",
        `transaction ${hash} has ${fact.confirmations} confirmations, more are needed`,
      );
    case "failed":
      return failed("PAYMENT_TX_FAILED", "tx_failed", `transaction ${hash} failed on the chain`);
    case "mined":
      return judgeTransfers(fact, expected, hash);
  }
}

function judgeTransfers(
  fact: Extract<TransactionFact, { kind: "mined" }>,
  expected: ExpectedTransfer,
  hash: string,
): Verdict {
  // A transfer to oneself proves nothing, whatever the payment says.
  let candidates = fact.transfers.filter(({ from, to }) => from !== to);
  if (candidates.length === 0)
    return failed("PAYMENT_TRANSFER_NOT_FOUND", "no_transfer", `transaction ${hash} moves no token`);
  for (const [reason, message, passes] of steps) {
    candidates = candidates.filter((transfer) => passes(transfer, expected));
    if (candidates.length === 0)
      return failed("PAYMENT_TRANSFER_NOT_FOUND", reason, `transaction ${hash} holds ${message(expected)}`);
  }
  if (isTooOld(fact, expected))
    return failed(
      "VALIDATION_ERROR",
      "too_old",
      `transaction ${hash} in block ${fact.blockNumber} is older than the order`,
    );
  return { state: "found", transfers: candidates };
}

/**
 * Above the head that the order saw, it is younger than the order. At or below it, it is older, unless a
 * reorganisation has replaced that head: then, and where no head was known, the block's own time decides.
 */
function isTooOld(
  { blockNumber, blockTime, sinceHolds }: Extract<TransactionFact, { kind: "mined" }>,
  { sinceBlock, sinceTime }: ExpectedTransfer,
): boolean {
  if (sinceBlock !== null && blockNumber > sinceBlock) return false;
  if (sinceBlock !== null && sinceHolds) return true;
  return blockTime < sinceTime;
}

const failed = (code: MarketErrorCode, reason: string, message: string): Verdict => ({
  state: "failed",
  code,
  reason,
  message,
});
const unknown = (code: MarketErrorCode, reason: string, message: string): Verdict => ({
  state: "unknown",
  code,
  reason,
  message,
});
