import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import { createChangeRows } from "../kit/change-rows.ts";
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

/** Writes the columns that a step may set. */
export const changeOrders = createChangeRows<OrderRow>("market_orders", [
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
]);
