import assert from "node:assert/strict";
import type { Address } from "viem";
import type { Transfer } from "./market-side.ts";

/** What a payment, as a Python client has it, asks to be transferred: without asking a chain or a person. */
// biome-ignore lint/suspicious/noExplicitAny: a foreign program's answer
export function transferOf(payment: any): Transfer {
  const { rail } = payment;
  assert.match(rail.token_address, /^0x[0-9a-fA-F]{40}$/);
  assert.match(rail.payee_address, /^0x[0-9a-fA-F]{40}$/);
  assert.match(rail.metadata.raw_amount, /^[1-9]\d*$/);
  return {
    token: rail.token_address as Address,
    to: rail.payee_address as Address,
    units: BigInt(rail.metadata.raw_amount),
  };
}

/** The proof that the published programs send for it. */
// biome-ignore lint/suspicious/noExplicitAny: a foreign program's answer
export const proofOf = (payment: any, transaction_hash: string, more: object = {}) => ({
  $type: "SubmitPaymentProofRequest",
  verification_mode: "recorded",
  chain: payment.rail.chain,
  token: payment.rail.token,
  payer_address: payment.rail.payer_address,
  payee_address: payment.rail.payee_address,
  amount: String(payment.amount),
  transaction_hash,
  token_address: payment.rail.token_address,
  token_decimals: payment.rail.metadata.token_decimals,
  raw_amount: payment.rail.metadata.raw_amount,
  ...more,
});
