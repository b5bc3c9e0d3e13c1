import type { refundBody } from "@peaqos/protocol/market";
import type { z } from "zod";
import { fail } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";
import { moveOrder } from "../orders/store.ts";
import type { PaymentChain } from "./chain/chains.ts";
import type { OrderInHand } from "./on-order.ts";
import { countProofs, openProofs } from "./proofs.ts";
import { movePayment, type PaymentRow, wrongPaymentState } from "./store.ts";
import { openVerification, type Submitted } from "./submit-proof.ts";

/**
 * Records that the payment goes back. The market holds nothing, so the seller owes it from here on, and
 * `refund.transactionHash` stays null until the seller's repayment is found on the chain. The order's spend stays
 * reserved until then: money that is out has been spent.
 */

const transactionHash = /^0x[0-9a-f]{64}$/;

export async function refundPayment(
  tx: WriteTx,
  { order, payment }: OrderInHand,
  body: z.output<typeof refundBody>,
  chains: ReadonlyMap<string, PaymentChain>,
): Promise<Submitted> {
  if (payment === null)
    throw fail("VALIDATION_ERROR", `order ${order.id} has no payment to refund`, { reason: "payment_state" });
  if (payment.status === "refunded") return openRepayment(tx, payment, body.transactionHash, chains);
  // Whether a disputed payment goes back is for the resolver to say.
  if (payment.status === "frozen")
    throw fail("VALIDATION_ERROR", `order ${order.id} is disputed: its resolver decides on the payment`, {
      reason: "dispute_open",
      status: payment.status,
    });
  if (payment.status !== "held" && payment.status !== "release_pending")
    throw wrongPaymentState(payment, "refund");
  if (order.status === "executing")
    throw fail("CONFLICT", `order ${order.id} is being executed`, {
      reason: "execution_in_progress",
      status: order.status,
    });
  const refunded = await movePayment(tx, payment, "refund", {
    refund: { transactionHash: null, reason: body.reason ?? null, at: tx.now.toISOString() },
  });
  // What goes back is not to be executed any more.
  if (order.status === "ready" || order.status === "failed")
    await moveOrder(tx, order.id, "cancel", { cancelled_at: tx.now, credentials: null }, { refunded: true });
  return openRepayment(tx, refunded, body.transactionHash, chains);
}

/**
 * Has the seller's repayment looked for; with the hash already verified, or none, nothing happens.
 *
 * @throws HttpError VALIDATION_ERROR for a hash that is none, or on a rail whose transfers nobody can look up.
 */
export async function openRepayment(
  tx: WriteTx,
  payment: PaymentRow | null,
  given: string | undefined,
  chains: ReadonlyMap<string, PaymentChain>,
): Promise<Submitted> {
  const hash = given?.toLowerCase();
  if (hash === undefined || payment?.refund?.transactionHash === hash) return { jobId: null, hash: null };
  if (payment === null || payment.status !== "refunded" || payment.refund === null)
    throw fail("VALIDATION_ERROR", "transactionHash: only a refund is repaid", { reason: "payment_state" });
  if (payment.refund.transactionHash !== null)
    throw fail("CONFLICT", "the payment was repaid by another transaction", {
      reason: "already_repaid",
      transactionHash: payment.refund.transactionHash,
    });
  if (payment.raw_amount === null)
    throw fail("VALIDATION_ERROR", "transactionHash: repayments on this rail cannot be looked up", {
      reason: "repayment_not_verifiable",
      rail: payment.rail.type,
    });
  if (!transactionHash.test(hash))
    throw fail("VALIDATION_ERROR", "transactionHash: must be 0x and 64 hexadecimal digits", {
      field: "transactionHash",
    });
  const counts = await countProofs(tx.client, payment.id);
  const opened = await openVerification(tx, payment, "repayment", hash, { chains, counts });
  await openProofs(tx.client, [opened], tx.now);
  return { jobId: opened.jobId, hash };
}
