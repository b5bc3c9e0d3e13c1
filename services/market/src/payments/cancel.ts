import { fail } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";
import { movePayment, paymentOf } from "./store.ts";

/** The payment of an order that is being cancelled; its order's row is locked. */
export async function cancelPayment(
  tx: WriteTx,
  orderId: string,
  reason: string | null,
): Promise<{ readonly spent: boolean }> {
  const payment = await paymentOf(tx.client, orderId, true);
  if (payment === null) return { spent: false };
  if (payment.status === "intent_created" && payment.outcome === "unknown")
    throw fail(
      "CONFLICT",
      `the payment of order ${orderId} may be on its way: transaction ${payment.transaction_hash} is neither settled nor failed yet`,
      { reason: "payment_unknown", transactionHash: payment.transaction_hash, status: payment.status },
    );
  if (payment.status !== "held") return { spent: payment.status === "refunded" };
  await movePayment(tx, payment, "refund", {
    refund: { transactionHash: null, reason, at: tx.now.toISOString() },
  });
  return { spent: true };
}
