import { nextState, orderStates, paymentStates } from "@peaqos/protocol/market";
import type { PoolClient } from "pg";
import type { Changed } from "../kit/change-rows.ts";
import type { WriteTx } from "../kit/write.ts";
import { type ManyItem, type ManyTx, NeedsOwnTransaction } from "../kit/write-many.ts";
import { changeOrders, type KeptOrder } from "../orders/many.ts";
import { type OrderChanges, wrongState } from "../orders/store.ts";
import type { ActivePairing } from "../pairings/pairings.ts";
import type { TransferLog } from "../payments/chain/facts.ts";
import { changePayments, type HeldPayment } from "../payments/many.ts";
import { type NewProof, noteProofs, openProofs, type ProofResult } from "../payments/proofs.ts";
import { type PaymentChanges, wrongPaymentState } from "../payments/store.ts";
import type { TransferClaim } from "../payments/transfers.ts";
import { beginRuns, endRuns, type LockedRun, type NewRun, type RunEnd } from "../tasks/records.ts";

/**
 * A step of an order: order and payment are locked and in hand, plain code decides, and what it changes is written at
 * the end of the transaction together with the steps of other orders, one statement a table.
 *
 * A step that refuses (throws) leaves nothing. What it writes through `client` itself is not taken back by that: then
 * nothing may refuse after it, or it asks for a transaction of its own first.
 */
export type Step = WriteTx & {
  /** As this step has changed it. */
  readonly order: KeptOrder;
  readonly payment: HeldPayment | null;
  /** The run that the step is about, locked. */
  readonly run: LockedRun | null;
  /** @throws HttpError ORDER_CLOSED or CONFLICT (details.status) when the event cannot happen in the order's state. */
  moveOrder(event: string, changes?: OrderChanges, payload?: Payload): KeptOrder;
  /** @throws HttpError VALIDATION_ERROR (details.status) when the event cannot happen in the payment's state. */
  movePayment(event: string, changes?: PaymentChanges, payload?: Payload): HeldPayment;
  /** Sets columns without a change of status. */
  setPayment(changes: PaymentChanges): HeldPayment;
  openProof(proof: NewProof): void;
  noteProof(result: ProofResult): void;
  /** Nothing may refuse after it. */
  claimTransfer(claim: TransferClaim): Promise<TransferLog | null>;
  beginRun(run: NewRun): void;
  endRun(end: RunEnd): void;
  /** From here on the step has the transaction for itself: it may be begun anew for that. */
  needOwnTransaction(): void;
};

/** A step that somebody asked for, let in under a pairing. */
export type AgentStep = Step & { readonly pairing: ActivePairing };

type Payload = Readonly<Record<string, unknown>>;

/** What steps leave to the end of their transaction. */
export type StepLeft = {
  readonly orders: Changed<KeptOrder>[];
  readonly payments: Changed<HeldPayment>[];
  readonly proofs: NewProof[];
  readonly results: ProofResult[];
  readonly runs: NewRun[];
  readonly ends: RunEnd[];
};

/** What a step starts from, and what the steps of its transaction ask together. */
export type Held = {
  readonly order: KeptOrder;
  readonly payment: HeldPayment | null;
  readonly run: LockedRun | null;
  readonly claimTransfer: Step["claimTransfer"];
};

export function openStep(tx: ManyTx<ManyItem>, held: Held): { readonly step: Step; left(): StepLeft } {
  let { order, payment } = held;
  const proofs: NewProof[] = [];
  const results: ProofResult[] = [];
  const runs: NewRun[] = [];
  const ends: RunEnd[] = [];

  function paid(): HeldPayment {
    if (payment === null) throw new Error(`order ${order.id} has no payment`);
    return payment;
  }

  const step: Step = {
    ...tx,
    get order() {
      return order;
    },
    get payment() {
      return payment;
    },
    run: held.run,
    claimTransfer: held.claimTransfer,
    moveOrder(event, changes = {}, payload = {}) {
      const before = order.status;
      const after = nextState(orderStates, before, event);
      if (after === undefined) throw wrongState(order, event);
      order = { ...order, ...changes, status: after, updated_at: tx.now };
      tx.audit({
        type: `order.${after}`,
        resourceType: "market-order",
        resourceId: order.id,
        machineId: order.machine_id,
        payload: { event, before, after, ...payload },
      });
      return order;
    },
    movePayment(event, changes = {}, payload = {}) {
      const current = paid();
      const before = current.status;
      const after = nextState(paymentStates, before, event);
      if (after === undefined) throw wrongPaymentState(current, event);
      const moved = { ...current, ...changes, status: after, updated_at: tx.now };
      payment = moved;
      tx.audit({
        type: `payment.${after}`,
        resourceType: "market-payment",
        resourceId: moved.id,
        machineId: moved.machine_id,
        payload: {
          event,
          orderId: moved.order_id,
          before,
          after,
          amount: moved.amount,
          currency: moved.currency,
          ...payload,
        },
      });
      return moved;
    },
    setPayment(changes) {
      const changed = { ...paid(), ...changes, updated_at: tx.now };
      payment = changed;
      return changed;
    },
    openProof: (proof) => void proofs.push(proof),
    noteProof: (result) => void results.push(result),
    beginRun: (run) => void runs.push(run),
    endRun: (end) => void ends.push(end),
    needOwnTransaction() {
      if (!tx.alone) throw new NeedsOwnTransaction();
    },
  };
  const left = (): StepLeft => ({
    orders: order === held.order ? [] : [{ before: held.order, after: order }],
    payments:
      held.payment === null || payment === null || payment === held.payment
        ? []
        : [{ before: held.payment, after: payment }],
    proofs,
    results,
    runs,
    ends,
  });
  return { step, left };
}

/** Sent together, done in this order. */
export async function writeSteps(client: PoolClient, now: Date, list: readonly StepLeft[]): Promise<void> {
  const ends = list.flatMap((left) => left.ends);
  const [, , , , , ended] = await Promise.all([
    changeOrders(
      client,
      now,
      list.flatMap((left) => left.orders),
    ),
    changePayments(
      client,
      now,
      list.flatMap((left) => left.payments),
    ),
    openProofs(
      client,
      list.flatMap((left) => left.proofs),
      now,
    ),
    noteProofs(
      client,
      list.flatMap((left) => left.results),
      now,
    ),
    beginRuns(
      client,
      list.flatMap((left) => left.runs),
      now,
    ),
    endRuns(client, ends, now),
  ]);
  if (ended !== ends.length) throw new Error("runs ended although they were locked");
}
