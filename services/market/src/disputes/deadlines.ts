import type { JobHandlers } from "../jobs/jobs.ts";
import type { Market } from "../kit/market.ts";
import { readOrder } from "../orders/store.ts";
import { paymentOf } from "../payments/store.ts";
import { confirmOrder } from "./confirm.ts";
import { deadlineJob } from "./open.ts";
import { resolveDispute } from "./resolve.ts";
import { disputeOf } from "./store.ts";

/** What happens when nobody does anything: a delivered order is confirmed, a dispute ends with the default outcome. */

export const confirmJob = "order.confirm";

export function deadlineJobs(market: Market): JobHandlers {
  return {
    [confirmJob]: async ({ payload }) =>
      market.system(async (tx) => {
        const orderId = String(payload.orderId);
        const order = await readOrder(tx.client, orderId, true);
        if (order === null || (order.status !== "delivered" && order.status !== "handoff"))
          return { done: { confirmed: false } };
        // The clock went back, or the order was delivered anew.
        if (order.confirm_by !== null && order.confirm_by > tx.now) return { again: order.confirm_by };
        const payment = await paymentOf(tx.client, orderId, true);
        if (payment?.status === "refunded") return { done: { confirmed: false } };
        await confirmOrder(tx, order, payment, "deadline");
        return { done: { confirmed: true } };
      }),
    [deadlineJob]: async ({ payload }) =>
      market.system(async (tx) => {
        const orderId = String(payload.orderId);
        await readOrder(tx.client, orderId, true);
        const payment = await paymentOf(tx.client, orderId, true);
        const dispute = await disputeOf(tx.client, orderId, true);
        if (dispute === null || dispute.status === "resolved") return { done: { resolved: false } };
        if (dispute.resolve_by > tx.now) return { again: dispute.resolve_by };
        await resolveDispute(tx, dispute, payment, {
          resolution: market.config.PEAQOS_DISPUTE_DEFAULT,
          notes: "nobody resolved the dispute within its time",
          by: "system",
        });
        return { done: { resolved: true } };
      }),
  };
}
