import { stringifyJson } from "@peaqos/protocol";
import { fail, invalid } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import { moveOrder, type OrderRow, orderView } from "../orders/store.ts";
import { movePayment, type PaymentRow, paymentView } from "../payments/store.ts";
import { type DisputeRow, disputeOf, disputeView, insertDispute } from "./store.ts";

/** A dispute begins: the order is disputed, its payment frozen, and a job will end it whatever happens. */

export const deadlineJob = "dispute.deadline";
const maxEvidence = 65_536;

export type Opening = {
  readonly reason: string;
  readonly evidence: Record<string, unknown>;
  /** Null: the system's. */
  readonly pairingId: string | null;
};

const frozenFrom = new Set(["held", "release_pending"]);

async function open(
  market: Market,
  tx: WriteTx,
  order: OrderRow,
  payment: PaymentRow | null,
  opening: Opening,
): Promise<{ dispute: DisputeRow; payment: PaymentRow | null }> {
  const resolveBy = new Date(tx.now.getTime() + market.config.PEAQOS_DISPUTE_AFTER_SECONDS * 1000);
  const dispute = await insertDispute(tx, {
    id: market.ids.next("mdisp"),
    order_id: order.id,
    tenant_id: order.tenant_id,
    machine_id: order.machine_id,
    agent_pairing_id: opening.pairingId,
    reason: opening.reason,
    evidence: opening.evidence,
    resolve_by: resolveBy,
  });
  tx.enqueue({
    kind: deadlineJob,
    machineId: order.machine_id,
    payload: { orderId: order.id },
    runAt: resolveBy,
  });
  const frozen =
    payment !== null && frozenFrom.has(payment.status)
      ? await movePayment(tx, payment, "dispute", {}, { disputeId: dispute.id })
      : payment;
  return { dispute, payment: frozen };
}

/** @throws HttpError ORDER_CLOSED, CONFLICT for an order in a state without anything to dispute, VALIDATION_ERROR. */
export async function disputeOrder(
  market: Market,
  tx: WriteTx,
  order: OrderRow,
  payment: PaymentRow | null,
  opening: Opening,
) {
  if (stringifyJson(opening.evidence).length > maxEvidence)
    throw invalid("evidence", `must be at most ${maxEvidence} characters of JSON`, {
      reason: "evidence_too_large",
    });
  if (payment?.status === "refunded")
    throw fail("ORDER_CLOSED", `the payment of order ${order.id} was refunded`, {
      status: order.status,
      paymentStatus: payment.status,
    });
  const disputed = await moveOrder(
    tx,
    order.id,
    "dispute",
    { credentials: null },
    { reason: opening.reason },
  );
  const opened = await open(market, tx, order, payment, { ...opening, reason: opening.reason.trim() });
  return {
    order: orderView(disputed),
    payment: opened.payment === null ? null : paymentView(opened.payment),
    dispute: disputeView(opened.dispute),
  };
}

/**
 * The system's own: a payment vanished from its chain after delivery. A confirmed order stays confirmed; the dispute
 * and the frozen payment tell. Nothing happens where the order is disputed already.
 */
export async function disputeBySystem(
  market: Market,
  tx: WriteTx,
  order: OrderRow,
  payment: PaymentRow | null,
  opening: Omit<Opening, "pairingId">,
): Promise<void> {
  if (order.status === "disputed" || (await disputeOf(tx.client, order.id)) !== null) return;
  if (order.status === "delivered" || order.status === "handoff")
    await moveOrder(tx, order.id, "dispute", { credentials: null }, { reason: opening.reason });
  await open(market, tx, order, payment, { ...opening, pairingId: null });
}
