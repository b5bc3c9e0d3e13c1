import { nextState, orderStates } from "@peaqos/protocol/market";
import { fail } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";
import type { Payments } from "../payments/payments.ts";
import { paymentOf } from "../payments/store.ts";
import { releaseSpend } from "./spend.ts";
import { moveOrder, type OrderRow } from "./store.ts";

/**
 * Cancelling gives the order's spend back to its day. Money that is held is not given up by it: the buyer asks for it
 * back (refund) or disputes first. See docs/decisions/order-limits.md.
 *
 * @throws HttpError CONFLICT `payment_held` or `payment_unknown`; ORDER_CLOSED.
 */
export async function cancelOrder(
  tx: WriteTx,
  order: OrderRow,
  reason: string | undefined,
  payments: Payments,
): Promise<OrderRow> {
  const payment = await paymentOf(tx.client, order.id, true);
  if (payment?.status === "held" && nextState(orderStates, order.status, "cancel") !== undefined)
    throw fail(
      "CONFLICT",
      `order ${order.id} is paid: ${payment.amount} ${payment.currency} are held for it. Dispute it, or ask for the refund of the payment first`,
      { reason: "payment_held", status: order.status, paymentStatus: payment.status },
    );
  const cancelled = await moveOrder(
    tx,
    order.id,
    "cancel",
    { cancelled_at: tx.now, credentials: null },
    reason === undefined ? {} : { reason },
  );
  const { spent } = await payments.cancel(tx, order.id, reason ?? null);
  if (spent) return cancelled;
  await releaseSpend(tx, cancelled);
  return { ...cancelled, spend_held: false };
}
