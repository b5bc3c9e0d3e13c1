import type { JobHandlers, JobOutcome } from "../jobs/jobs.ts";
import type { Market } from "../kit/market.ts";
import { readOrder } from "../orders/store.ts";
import { paymentOf } from "../payments/store.ts";
import type { Steps } from "../steps/steps.ts";
import { confirmOrder } from "./confirm.ts";
import { deadlineJob } from "./open.ts";
import { resolveDispute } from "./resolve.ts";
import { disputeOf } from "./store.ts";

/** What happens when nobody does anything: a delivered order is confirmed, a dispute ends with the default outcome. */

export const confirmJob = "order.confirm";

const notConfirmed: JobOutcome = { done: { confirmed: false } };

export function deadlineJobs(market: Market, steps: Steps): JobHandlers {
  return {
    [confirmJob]: async ({ payload }) =>
      (await steps.system(String(payload.orderId), (step): JobOutcome => {
        const { order, payment } = step;
        if (order.status !== "delivered" && order.status !== "handoff") return notConfirmed;
        // The clock went back, or the order was delivered anew.
        if (order.confirm_by !== null && order.confirm_by > step.now) return { again: order.confirm_by };
        if (payment?.status === "refunded") return notConfirmed;
        confirmOrder(step, "deadline");
        return { done: { confirmed: true } };
      })) ?? notConfirmed,
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
