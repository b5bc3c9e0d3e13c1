import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import type { Snapshot } from "./insert.ts";
import { snapshotsOf } from "./snapshots.ts";
import { type OrderRow, plainOrderColumns } from "./store.ts";

/** Orders many at once: read or locked, and changed, each with one statement. */

/** An order with its service as it was kept, for answers that show it. */
export type KeptOrder = OrderRow & { readonly snapshot: Snapshot };

const locks = {
  none: ["read_orders", ""],
  wait: ["lock_orders", " order by id for update"],
  skip: ["lock_free_orders", " order by id for update skip locked"],
} as const;

/**
 * By id. With a lock they stay locked until the transaction ends, taken in the order of their ids; `skip` leaves out
 * those that others hold.
 */
export async function readOrders(
  client: Pick<PoolClient, "query">,
  orderIds: readonly string[],
  lock: keyof typeof locks = "none",
): Promise<Map<string, KeptOrder>> {
  const [name, clause] = locks[lock];
  const { rows } = await guarded(() =>
    client.query<Omit<OrderRow, "service_snapshot">>({
      name,
      text: `select ${plainOrderColumns} from market_orders where id = any($1)${clause}`,
      values: [orderIds],
    }),
  );
  const hashes = rows.map((row) => row.snapshot_hash);
  const snapshots = await guarded(() => snapshotsOf(client, hashes));
  return new Map(
    rows.map((row) => {
      const snapshot = snapshots.get(row.snapshot_hash)!;
      return [row.id, { ...row, service_snapshot: snapshot.document as Record<string, unknown>, snapshot }];
    }),
  );
}

/** A locked row and what becomes of it. */
export type Changed<Row> = { readonly before: Row; readonly after: Row };

const columns = [
  ["status", "text"],
  ["task_id", "text"],
  ["route_id", "text"],
  ["run_id", "text"],
  ["outcome_id", "text"],
  ["handoff", "jsonb"],
  ["error_message", "text"],
  ["retry_count", "int"],
  ["delivered_at", "timestamptz"],
  ["confirmed_at", "timestamptz"],
  ["cancelled_at", "timestamptz"],
  ["confirm_by", "timestamptz"],
  ["credentials", "text"],
  ["spend_held", "boolean"],
] as const satisfies readonly (readonly [keyof OrderRow, string])[];

const names = columns.map(([name]) => name);
const statement = `update market_orders
  set updated_at = $1, ${names.map((name) => `${name} = new.${name}`).join(", ")}
  from unnest($2::text[], $3::text[], ${columns.map(([, type], at) => `$${at + 4}::${type}[]`).join(", ")})
    as new (id, was, ${names.join(", ")})
  where market_orders.id = new.id and market_orders.status = new.was`;

/** Writes the columns that a step may set. The rows are locked: their status is still the one that was read. */
export async function changeOrders(
  client: PoolClient,
  now: Date,
  list: readonly Changed<OrderRow>[],
): Promise<void> {
  if (list.length === 0) return;
  const { rowCount } = await client.query({
    name: "change_orders",
    text: statement,
    values: [
      now,
      list.map(({ before }) => before.id),
      list.map(({ before }) => before.status),
      ...columns.map(([name, type]) => list.map(({ after }) => parameterOf(after[name], type))),
    ],
  });
  if (rowCount !== list.length) throw new Error("orders were changed although they were locked");
}

/** The driver would write a time in local parts, digit by digit. */
export function parameterOf(value: unknown, type: string): unknown {
  if (value instanceof Date) return value.toISOString();
  return type === "jsonb" && value !== null ? JSON.stringify(value) : value;
}
