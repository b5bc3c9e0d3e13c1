import { fail } from "../kit/errors.ts";
import { orderView, wrongState } from "../orders/store.ts";
import { paymentView } from "../payments/store.ts";
import type { Step } from "../steps/step.ts";

/** The buyer (or the deadline) says that the order was delivered: it is confirmed, its payment is to be released. */

/** @throws HttpError ORDER_CLOSED, ORDER_NOT_DELIVERED. */
export function confirmOrder(step: Step, by: "agent" | "deadline") {
  const { order, payment } = step;
  if (["confirmed", "disputed", "cancelled"].includes(order.status)) throw wrongState(order, "confirm");
  if (order.status !== "delivered" && order.status !== "handoff")
    throw fail("ORDER_NOT_DELIVERED", `order ${order.id} is ${order.status}`, { status: order.status });
  if (payment?.status === "refunded")
    throw fail("ORDER_CLOSED", `the payment of order ${order.id} was refunded`, {
      status: order.status,
      paymentStatus: payment.status,
    });
  const confirmed = step.moveOrder("confirm", { confirmed_at: step.now, credentials: null }, { by });
  const moved = payment?.status === "held" ? step.movePayment("confirm", {}, { by }) : payment;
  return { order: orderView(confirmed), payment: moved === null ? null : paymentView(moved) };
}
