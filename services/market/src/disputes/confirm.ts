import { fail } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";
import { moveOrder, type OrderRow, orderView, wrongState } from "../orders/store.ts";
import { movePayment, type PaymentRow, paymentView } from "../payments/store.ts";

/** The buyer (or the deadline) says that the order was delivered: it is confirmed, its payment is to be released. */

/** @throws HttpError ORDER_CLOSED, ORDER_NOT_DELIVERED. */
export async function confirmOrder(
  tx: WriteTx,
  order: OrderRow,
  payment: PaymentRow | null,
  by: "agent" | "deadline",
) {
  if (["confirmed", "disputed", "cancelled"].includes(order.status)) throw wrongState(order, "confirm");
  if (order.status !== "delivered" && order.status !== "handoff")
    throw fail("ORDER_NOT_DELIVERED", `order ${order.id} is ${order.status}`, { status: order.status });
  if (payment?.status === "refunded")
    throw fail("ORDER_CLOSED", `the payment of order ${order.id} was refunded`, {
      status: order.status,
      paymentStatus: payment.status,
    });
  const confirmed = await moveOrder(
    tx,
    order.id,
    "confirm",
    { confirmed_at: tx.now, credentials: null },
    { by },
  );
  const moved = payment?.status === "held" ? await movePayment(tx, payment, "confirm", {}, { by }) : payment;
  return { order: orderView(confirmed), payment: moved === null ? null : paymentView(moved) };
}
