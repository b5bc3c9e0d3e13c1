import {
  type MarketOrderStatus,
  type marketOrderSchema,
  orderStates,
  statesBefore,
  toWireAmount,
} from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import type { z } from "zod";
import { fail, notFound } from "../kit/errors.ts";
import type { Cursor } from "../kit/paging.ts";
import type { WriteTx } from "../kit/write.ts";
import { inputOf } from "./input.ts";
import type { NewOrder } from "./insert.ts";

/** Rows of orders: reading them, showing them, and the one way their status changes. */

export type MarketOrder = z.output<typeof marketOrderSchema>;

export type OrderRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  readonly agent_pairing_id: string;
  readonly search_id: string | null;
  readonly quote_id: string | null;
  readonly service_id: string;
  readonly skill_key: string;
  readonly provider_key: string;
  readonly service_type: string;
  readonly operation: string;
  readonly execution_mode: MarketOrder["executionMode"];
  readonly integration_status: MarketOrder["integrationStatus"];
  readonly status: MarketOrderStatus;
  /** Its text where it was read: see inputOf. */
  readonly input: string | Record<string, unknown>;
  /** Decimal text inside. */
  readonly budget: { readonly amount: string | null; readonly currency: string | null } | null;
  readonly payment: MarketOrder["payment"];
  readonly snapshot_hash: string;
  /** The service as it was when the order was placed. */
  readonly service_snapshot: Record<string, unknown>;
  readonly credentials: string | null;
  /** Decimal text. */
  readonly amount: string | null;
  readonly currency: string | null;
  /** YYYY-MM-DD. */
  readonly spend_day: string;
  readonly spend_held: boolean;
  readonly task_id: string | null;
  readonly route_id: string | null;
  readonly run_id: string | null;
  readonly outcome_id: string | null;
  readonly handoff: MarketOrder["handoff"];
  readonly error_message: string | null;
  readonly retry_count: number;
  readonly delivered_at: Date | null;
  readonly confirmed_at: Date | null;
  readonly cancelled_at: Date | null;
  readonly confirm_by: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  /** created_at with microseconds, for cursors. */
  readonly created_text: string;
};

/** The columns of OrderRow but the service's, amounts and days as text. */
export const plainOrderColumns = `id, tenant_id, machine_id, agent_pairing_id, search_id, quote_id, service_id, skill_key,
  provider_key, service_type, operation, execution_mode, integration_status, status, input::text as input, budget, payment,
  snapshot_hash, credentials, amount::text as amount, currency, spend_day::text as spend_day, spend_held, task_id,
  route_id, run_id, outcome_id, handoff, error_message, retry_count, delivered_at, confirmed_at, cancelled_at, confirm_by,
  created_at, updated_at, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_text`;

/** The columns of OrderRow. */
export const orderColumns = `${plainOrderColumns},
  (select document from order_services where hash = snapshot_hash) as service_snapshot`;

type Queryable = Pick<PoolClient, "query">;

const iso = (time: Date | null) => time?.toISOString() ?? null;

/** An order as the wire shows it. */
export function orderView(row: OrderRow): MarketOrder {
  return {
    id: row.id,
    machineId: row.machine_id,
    agentPairingId: row.agent_pairing_id,
    searchId: row.search_id,
    quoteId: row.quote_id,
    serviceId: row.service_id,
    skillKey: row.skill_key,
    providerKey: row.provider_key,
    serviceType: row.service_type,
    operation: row.operation,
    executionMode: row.execution_mode,
    integrationStatus: row.integration_status,
    status: row.status,
    input: inputOf(row),
    budget:
      row.budget === null
        ? null
        : {
            amount: row.budget.amount === null ? null : toWireAmount(row.budget.amount),
            currency: row.budget.currency,
          },
    payment: row.payment,
    serviceSnapshot: row.service_snapshot,
    taskId: row.task_id,
    routeId: row.route_id,
    runId: row.run_id,
    outcomeId: row.outcome_id,
    handoff: row.handoff,
    errorMessage: row.error_message,
    deliveredAt: iso(row.delivered_at),
    confirmedAt: iso(row.confirmed_at),
    cancelledAt: iso(row.cancelled_at),
    confirmBy: iso(row.confirm_by),
    retryCount: row.retry_count,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** Reads an order; with `lock` it stays locked until the transaction ends. */
export async function readOrder(client: Queryable, orderId: string, lock = false): Promise<OrderRow | null> {
  const { rows } = await guarded(() =>
    client.query<OrderRow>(
      `select ${orderColumns} from market_orders where id = $1${lock ? " for update" : ""}`,
      [orderId],
    ),
  );
  return rows[0] ?? null;
}

/** @throws HttpError NOT_FOUND, the same for an order of another tenant. */
export async function orderOf(
  client: Queryable,
  orderId: string,
  tenantId: string,
  lock = false,
): Promise<OrderRow> {
  const row = await readOrder(client, orderId, lock);
  if (row === null || row.tenant_id !== tenantId) throw notFound("order", orderId);
  return row;
}

/** Orders of a machine, newest first. */
export async function listOrders(
  client: Queryable,
  machineId: string,
  tenantId: string,
  after: Cursor | null,
  limit: number,
): Promise<OrderRow[]> {
  const { rows } = await guarded(() =>
    client.query<OrderRow>(
      `select ${orderColumns} from market_orders
     where machine_id = $1 and tenant_id = $2 and ($3::timestamptz is null or (created_at, id) < ($3, $4))
     order by created_at desc, id desc limit $5`,
      [machineId, tenantId, after?.createdAt ?? null, after?.id ?? null, limit],
    ),
  );
  return rows;
}

/** The row that a new order has. */
export function orderRow({ snapshot, ...order }: NewOrder): OrderRow {
  return {
    ...order,
    status: "created",
    snapshot_hash: snapshot.hash,
    service_snapshot: snapshot.document as Record<string, unknown>,
    task_id: null,
    route_id: null,
    run_id: null,
    outcome_id: null,
    handoff: null,
    error_message: null,
    retry_count: 0,
    delivered_at: null,
    confirmed_at: null,
    cancelled_at: null,
    confirm_by: null,
    updated_at: order.created_at,
    created_text: order.created_at.toISOString().replace("Z", "000Z"),
  };
}

/** Columns that a step may set beside the status. */
export type OrderChanges = Partial<
  Pick<
    OrderRow,
    | "task_id"
    | "route_id"
    | "run_id"
    | "outcome_id"
    | "handoff"
    | "error_message"
    | "retry_count"
    | "delivered_at"
    | "confirmed_at"
    | "cancelled_at"
    | "confirm_by"
    | "credentials"
    | "spend_held"
  >
>;

const jsonColumns = new Set(["handoff"]);

/**
 * The one way an order's status changes: `UPDATE … WHERE status IN (states before the event)`, with its audit row.
 * The target is the machine's: where an event leads depends on the event alone.
 *
 * @throws HttpError ORDER_CLOSED or CONFLICT (details.status) when the event cannot happen in the order's state.
 */
export async function moveOrder(
  tx: WriteTx,
  orderId: string,
  event: string,
  changes: OrderChanges = {},
  payload: Record<string, unknown> = {},
): Promise<OrderRow> {
  const before = statesBefore(orderStates, event);
  const target = orderStates.transitions.find((each) => each.event === event)?.to;
  if (target === undefined) throw new Error(`orders have no event ${event}`);
  const entries = Object.entries(changes);
  const sets = entries.map(([column], index) => `, ${column} = $${index + 5}`).join("");
  const { rows } = await tx.client.query<OrderRow & { was: string }>(
    `with old as (select id as old_id, status as was from market_orders where id = $1 for update)
     update market_orders set status = $2, updated_at = $3${sets}
     from old where id = old_id and was = any($4)
     returning ${orderColumns}, was`,
    [
      orderId,
      target,
      tx.now,
      before,
      ...entries.map(([column, value]) =>
        jsonColumns.has(column) && value !== null ? JSON.stringify(value) : value,
      ),
    ],
  );
  const row = rows[0];
  if (row === undefined) {
    const current = await readOrder(tx.client, orderId);
    if (current === null) throw notFound("order", orderId);
    throw wrongState(current, event);
  }
  tx.audit({
    type: `order.${target}`,
    resourceType: "market-order",
    resourceId: orderId,
    machineId: row.machine_id,
    payload: { event, before: row.was, after: target, ...payload },
  });
  return row;
}

/** What a step answers when the order's state does not allow it. */
export function wrongState(order: OrderRow, event: string): Error {
  const closed = orderStates.terminal.includes(order.status);
  return fail(
    closed ? "ORDER_CLOSED" : "CONFLICT",
    `order ${order.id} is ${order.status}: ${event} is not possible`,
    { status: order.status, ...(closed ? {} : { reason: "order_state" }) },
  );
}
