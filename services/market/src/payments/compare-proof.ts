import { compareAmounts, toWireAmount, type transferProofBody } from "@peaqos/protocol/market";
import type { z } from "zod";
import { fail } from "../kit/errors.ts";
import type { PaymentRow } from "./store.ts";

/** What a proof says must be what the payment asks for, before any chain is asked. */

export type TransferProof = z.output<typeof transferProofBody>;

const wrong = (reason: string, field: string, given: unknown, expected: unknown) =>
  fail(
    "VALIDATION_ERROR",
    `${field}: ${String(given)} is not what the payment asks for (${String(expected)})`,
    {
      reason,
      field,
      expected: typeof expected === "bigint" ? String(expected) : expected,
    },
  );

/**
 * Addresses and symbols in any case, amounts by their value ("1.0" is 1).
 *
 * @throws HttpError VALIDATION_ERROR with details.reason wrong_chain, wrong_token, wrong_payer, wrong_payee,
 *   wrong_amount or transaction_hash_missing.
 */
export function compareWithIntent(payment: PaymentRow, proof: TransferProof): void {
  const { rail } = payment;
  const same = (reason: string, field: keyof TransferProof, expected: string | null) => {
    const given = proof[field];
    if (given === undefined || typeof given !== "string") return;
    if (given.trim().toLowerCase() !== expected?.toLowerCase()) throw wrong(reason, field, given, expected);
  };
  same("wrong_chain", "chain", payment.chain);
  same("wrong_token", "token", rail.token);
  same("wrong_token", "tokenAddress", rail.tokenAddress);
  same("wrong_token", "tokenMint", rail.tokenMint);
  same("wrong_payer", "payerAddress", rail.payerAddress);
  same("wrong_payee", "payeeAddress", rail.payeeAddress);
  if (!isAmountOf(payment, proof.amount)) throw wrong("wrong_amount", "amount", proof.amount, payment.amount);
  // Not known yet for a token nobody has asked: the chain is compared with it all the same.
  const { raw_amount, token_decimals } = payment;
  if (proof.rawAmount !== undefined && raw_amount !== null && BigInt(proof.rawAmount) !== raw_amount)
    throw wrong("wrong_amount", "rawAmount", proof.rawAmount, payment.raw_amount);
  if (proof.tokenDecimals !== undefined && token_decimals !== null && proof.tokenDecimals !== token_decimals)
    throw wrong("wrong_amount", "tokenDecimals", proof.tokenDecimals, payment.token_decimals);
  if (proof.transactionHash === undefined)
    throw fail("VALIDATION_ERROR", "transactionHash: a payment on this rail is proved by its transaction", {
      reason: "transaction_hash_missing",
      field: "transactionHash",
    });
}

/** The exact amount, or its rounding to the JSON number that answers show. */
function isAmountOf({ amount }: PaymentRow, given: string): boolean {
  if (amount === null) return false;
  return compareAmounts(given, amount) === 0 || compareAmounts(given, toWireAmount(amount)) === 0;
}
