import { stringifyJson } from "@peaqos/protocol";
import {
  type MarketPaymentStatus,
  type marketPaymentSchema,
  paymentStates,
  statesBefore,
  toWireAmount,
} from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import type { z } from "zod";
import { fail } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";
import type { NewPayment, PaymentRail } from "./record.ts";

/** Rows of payments: reading them, showing them, and the one way their status changes. */

export type MarketPayment = z.output<typeof marketPaymentSchema>;
export type PaymentOutcome = NonNullable<MarketPayment["outcome"]>;

export type PaymentRow = {
  readonly id: string;
  readonly order_id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  readonly agent_address: string;
  readonly status: MarketPaymentStatus;
  readonly rail: PaymentRail;
  readonly notes: string[];
  /** Decimal text. */
  readonly amount: string | null;
  readonly currency: string | null;
  readonly raw_amount: bigint | null;
  readonly token_decimals: number | null;
  readonly chain: string | null;
  readonly token_address: string | null;
  readonly payer_address: string | null;
  readonly payee_address: string | null;
  readonly from_block: bigint | null;
  readonly from_block_hash: string | null;
  readonly outcome: PaymentOutcome | null;
  readonly proof: MarketPayment["proof"];
  readonly transaction_hash: string | null;
  readonly held_at: Date | null;
  readonly release: MarketPayment["release"];
  readonly refund: MarketPayment["refund"];
  readonly created_at: Date;
  readonly updated_at: Date;
};

export const paymentColumns = `id, order_id, tenant_id, machine_id, agent_address, status, rail, notes, amount::text as amount,
  currency, raw_amount, token_decimals, chain, token_address, payer_address, payee_address, from_block,
  from_block_hash, outcome, proof, transaction_hash, held_at, release, refund, created_at, updated_at`;

type Queryable = Pick<PoolClient, "query">;

/** A payment as the wire shows it. */
export function paymentView(row: PaymentRow): MarketPayment {
  return {
    id: row.id,
    orderId: row.order_id,
    machineId: row.machine_id,
    status: row.status,
    rail: row.rail,
    notes: row.notes,
    amount: row.amount === null ? null : toWireAmount(row.amount),
    currency: row.currency,
    proof: row.proof,
    outcome: row.outcome,
    release: row.release,
    refund: row.refund,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** The payment of an order; with `lock` it stays locked until the transaction ends. Lock the order first. */
export async function paymentOf(
  client: Queryable,
  orderId: string,
  lock = false,
): Promise<PaymentRow | null> {
  const { rows } = await guarded(() =>
    client.query<PaymentRow>({
      name: lock ? "payment_of_order_locked" : "payment_of_order",
      text: `select ${paymentColumns} from market_payments where order_id = $1${lock ? " for update" : ""}`,
      values: [orderId],
    }),
  );
  return rows[0] ?? null;
}

export async function paymentById(client: Queryable, paymentId: string): Promise<PaymentRow | null> {
  const { rows } = await client.query<PaymentRow>({
    name: "payment_by_id",
    text: `select ${paymentColumns} from market_payments where id = $1`,
    values: [paymentId],
  });
  return rows[0] ?? null;
}

export async function insertPayments(client: PoolClient, payments: readonly NewPayment[]): Promise<void> {
  if (payments.length === 0) return;
  const column = (pick: (payment: NewPayment) => unknown) => payments.map(pick);
  await client.query({
    name: "insert_payments",
    text: `insert into market_payments (id, order_id, tenant_id, machine_id, agent_address, status, rail, notes, amount,
       currency, raw_amount, token_decimals, chain, token_address, payer_address, payee_address, from_block,
       from_block_hash, created_at, updated_at)
     select *, created_at from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
       $7::jsonb[], $8::jsonb[], $9::numeric[], $10::text[], $11::numeric[], $12::int[], $13::text[], $14::text[],
       $15::text[], $16::text[], $17::numeric[], $18::text[], $19::timestamptz[])
       as new (id, order_id, tenant_id, machine_id, agent_address, status, rail, notes, amount, currency, raw_amount,
         token_decimals, chain, token_address, payer_address, payee_address, from_block, from_block_hash, created_at)`,
    values: [
      column((payment) => payment.id),
      column((payment) => payment.order_id),
      column((payment) => payment.tenant_id),
      column((payment) => payment.machine_id),
      column((payment) => payment.agent_address),
      column((payment) => payment.status),
      column((payment) => stringifyJson(payment.rail)),
      column((payment) => JSON.stringify(payment.notes)),
      column((payment) => payment.amount),
      column((payment) => payment.currency),
      column((payment) => payment.raw_amount),
      column((payment) => payment.token_decimals),
      column((payment) => payment.chain),
      column((payment) => payment.token_address),
      column((payment) => payment.payer_address),
      column((payment) => payment.payee_address),
      column((payment) => payment.from_block),
      column((payment) => payment.from_block_hash),
      column((payment) => payment.created_at.toISOString()),
    ],
  });
}

/** Columns that a step may set beside the status. */
export type PaymentChanges = Partial<
  Omit<
    PaymentRow,
    "id" | "order_id" | "tenant_id" | "machine_id" | "agent_address" | "status" | "created_at" | "updated_at"
  >
>;

const jsonColumns = new Set(["rail", "notes", "proof", "release", "refund"]);
const parameterOf = ([column, value]: [string, unknown]) =>
  jsonColumns.has(column) && value !== null
    ? stringifyJson(value)
    : typeof value === "bigint"
      ? String(value)
      : value;

/** Sets columns without a change of status; the caller holds the row's lock. */
export async function setPayment(
  tx: Pick<WriteTx, "client" | "now">,
  paymentId: string,
  changes: PaymentChanges,
): Promise<PaymentRow> {
  const entries = Object.entries(changes);
  const sets = entries.map(([column], index) => `, ${column} = $${index + 3}`).join("");
  const { rows } = await tx.client.query<PaymentRow>(
    `update market_payments set updated_at = $2${sets} where id = $1 returning ${paymentColumns}`,
    [paymentId, tx.now, ...entries.map(parameterOf)],
  );
  return rows[0]!;
}

/**
 * The one way a payment's status changes: `UPDATE … WHERE status IN (states before the event)`, with its audit row.
 *
 * @throws HttpError VALIDATION_ERROR (details.status) when the event cannot happen in the payment's state.
 */
export async function movePayment(
  tx: WriteTx,
  payment: PaymentRow,
  event: string,
  changes: PaymentChanges = {},
  payload: Record<string, unknown> = {},
): Promise<PaymentRow> {
  const target = paymentStates.transitions.find((each) => each.event === event)?.to;
  if (target === undefined) throw new Error(`payments have no event ${event}`);
  const entries = Object.entries(changes);
  const sets = entries.map(([column], index) => `, ${column} = $${index + 5}`).join("");
  const { rows } = await tx.client.query<PaymentRow>(
    `update market_payments set status = $2, updated_at = $3${sets} where id = $1 and status = any($4)
     returning ${paymentColumns}`,
    [payment.id, target, tx.now, statesBefore(paymentStates, event), ...entries.map(parameterOf)],
  );
  const row = rows[0];
  if (row === undefined) throw wrongPaymentState(payment, event);
  tx.audit({
    type: `payment.${target}`,
    resourceType: "market-payment",
    resourceId: row.id,
    machineId: row.machine_id,
    payload: {
      event,
      orderId: row.order_id,
      before: payment.status,
      after: target,
      amount: row.amount,
      currency: row.currency,
      ...payload,
    },
  });
  return row;
}

/** What a step answers when the payment's state does not allow it. */
export function wrongPaymentState(payment: PaymentRow, event: string): Error {
  return fail("VALIDATION_ERROR", `the payment is ${payment.status}: ${event} is not possible`, {
    reason: "payment_state",
    status: payment.status,
  });
}
