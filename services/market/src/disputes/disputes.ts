import { stringifyJson } from "@peaqos/protocol";
import type { JobHandlers } from "../jobs/jobs.ts";
import { actorOf } from "../kit/caller.ts";
import { notFound } from "../kit/errors.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import { viewText } from "../orders/shown.ts";
import { orderOf, orderView, readOrder } from "../orders/store.ts";
import type { Payments } from "../payments/payments.ts";
import { paymentOf, paymentView } from "../payments/store.ts";
import type { Steps } from "../steps/steps.ts";
import { confirmOrder } from "./confirm.ts";
import { confirmJob, deadlineJobs } from "./deadlines.ts";
import { disputeBySystem, disputeOrder } from "./open.ts";
import { resolveDispute } from "./resolve.ts";
import { disputeOf, disputeView } from "./store.ts";

/** How an order ends: confirmed by the buyer or by its deadline, or disputed and resolved. */

export type Disputes = {
  readonly handlers: MarketHandlers<"confirmMarketOrder" | "disputeMarketOrder" | "resolveMarketDispute">;
  readonly jobs: JobHandlers;
  /** Plans the automatic confirmation of an order just delivered or handed off; returns confirm_by. */
  scheduleConfirm(tx: WriteTx, orderId: string, machineId: string): Date;
  /** The system's dispute: a payment was taken away after delivery. Order and payment are locked. */
  openBySystem(
    tx: WriteTx,
    orderId: string,
    reason: string,
    evidence: Record<string, unknown>,
  ): Promise<void>;
};

export function createDisputes(
  market: Market,
  { payments, steps }: { payments: Payments; steps: Steps },
): Disputes {
  const { config } = market;
  return {
    jobs: deadlineJobs(market, steps),
    scheduleConfirm(tx, orderId, machineId) {
      const confirmBy = new Date(tx.now.getTime() + config.PEAQOS_CONFIRM_AFTER_SECONDS * 1000);
      tx.enqueue({ kind: confirmJob, machineId, payload: { orderId }, runAt: confirmBy });
      return confirmBy;
    },
    async openBySystem(tx, orderId, reason, evidence) {
      const order = await readOrder(tx.client, orderId, true);
      if (order === null) return;
      const payment = await paymentOf(tx.client, orderId, true);
      await disputeBySystem(market, tx, order, payment, { reason, evidence });
    },
    handlers: {
      async confirmMarketOrder(request) {
        const body = await steps.request(request, (step) => confirmOrder(step, "agent"));
        const text = `{"order":${viewText(body.order)},"payment":${stringifyJson(body.payment)}}`;
        return { status: 200, body, text };
      },
      disputeMarketOrder: async (request) => ({
        status: 200,
        body: await payments.onOrder(request, (tx, { order, payment, pairing }) =>
          disputeOrder(market, tx, order, payment, {
            reason: request.body.reason,
            evidence: request.body.evidence ?? {},
            pairingId: pairing.id,
          }),
        ),
      }),
      resolveMarketDispute: async (request) => {
        const { params, body, caller } = request;
        const submitted = await market.write(request, async (tx) => {
          await orderOf(tx.client, params.orderId, caller.tenantId, true);
          const payment = await paymentOf(tx.client, params.orderId, true);
          const dispute = await disputeOf(tx.client, params.orderId, true);
          if (dispute === null) throw notFound("dispute of order", params.orderId);
          const resolved = await resolveDispute(tx, dispute, payment, {
            resolution: body.resolution,
            notes: body.notes ?? null,
            by: actorOf(caller),
          });
          return payments.openRepayment(tx, resolved.payment, body.transactionHash);
        });
        if (submitted.hash !== null) await payments.waitForProof(params.orderId, "repayment", submitted);
        const { pool } = market.database;
        const [order, payment, dispute] = await Promise.all([
          orderOf(pool, params.orderId, caller.tenantId),
          paymentOf(pool, params.orderId),
          disputeOf(pool, params.orderId),
        ]);
        return {
          status: 200,
          body: {
            order: orderView(order),
            payment: payment === null ? null : paymentView(payment),
            dispute: disputeView(dispute!),
          },
        };
      },
    },
  };
}
