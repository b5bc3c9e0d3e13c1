import type { WriteTx } from "../kit/write.ts";
import type { Orders } from "../orders/orders.ts";
import { readOrder } from "../orders/store.ts";
import type { Refusal } from "./chain/judge.ts";
import type { FoundTransfer } from "./settle.ts";
import { paymentOf, setPayment } from "./store.ts";
import { claimTransfers } from "./transfers.ts";

/**
 * The chain has shown the seller's repayment: the refund is no longer owed, and what the order had reserved can be
 * spent again.
 *
 * @returns why the transfer does not count, or null.
 */
export async function recordRepayment(
  tx: WriteTx,
  orderId: string,
  found: FoundTransfer,
  orders: Pick<Orders, "releaseSpend">,
): Promise<Refusal | null> {
  const order = await readOrder(tx.client, orderId, true);
  const payment = await paymentOf(tx.client, orderId, true);
  if (order === null || payment === null || payment.status !== "refunded" || payment.refund === null)
    return { code: "VALIDATION_ERROR", reason: "payment_state", message: "the payment is not refunded" };
  if (payment.refund.transactionHash !== null)
    return payment.refund.transactionHash === found.hash
      ? null
      : {
          code: "VALIDATION_ERROR",
          reason: "already_repaid",
          message: `the payment was repaid by transaction ${payment.refund.transactionHash}`,
        };
  const claim = { ...found, paymentId: payment.id, purpose: "repayment" } as const;
  const [claimed = null] = await claimTransfers(tx.client, [claim]);
  if (claimed === null)
    return {
      code: "VALIDATION_ERROR",
      reason: "proof_reused",
      message: `the transfer in transaction ${found.hash} counts elsewhere already`,
    };
  await setPayment(tx, payment.id, { refund: { ...payment.refund, transactionHash: found.hash } });
  await orders.releaseSpend(tx, order);
  tx.audit({
    type: "payment.repaid",
    resourceType: "market-payment",
    resourceId: payment.id,
    machineId: payment.machine_id,
    payload: { orderId, transactionHash: found.hash, amount: payment.amount, currency: payment.currency },
  });
  return null;
}
