import { createHash } from "node:crypto";
import type { PoolClient } from "pg";
import { jsonText } from "./input.ts";
import type { OrderRow } from "./store.ts";

/** Writing new orders: any number in one statement, the services they saw kept once each. */

/** An order before it has done anything; the rest of its row has its beginning's values. */
export type NewOrder = Pick<
  OrderRow,
  | "id"
  | "tenant_id"
  | "machine_id"
  | "agent_pairing_id"
  | "search_id"
  | "quote_id"
  | "service_id"
  | "skill_key"
  | "provider_key"
  | "service_type"
  | "operation"
  | "execution_mode"
  | "integration_status"
  | "input"
  | "budget"
  | "payment"
  | "credentials"
  | "amount"
  | "currency"
  | "spend_day"
  | "spend_held"
  | "created_at"
> & { readonly snapshot: Snapshot };

/** A service as an order saw it. */
export type Snapshot = { readonly hash: string; readonly text: string; readonly document: object };

const snapshots = new WeakMap<object, Snapshot>();

/** The same object has the same snapshot: the catalogue replaces a changed service by a new object. */
export function snapshotOf(service: object): Snapshot {
  const known = snapshots.get(service);
  if (known !== undefined) return known;
  const text = JSON.stringify(service);
  const made = { hash: createHash("sha256").update(text).digest("base64url"), text, document: service };
  snapshots.set(service, made);
  return made;
}

const columns = [
  ["id", "text"],
  ["tenant_id", "text"],
  ["machine_id", "text"],
  ["agent_pairing_id", "text"],
  ["search_id", "text"],
  ["quote_id", "text"],
  ["service_id", "text"],
  ["skill_key", "text"],
  ["provider_key", "text"],
  ["service_type", "text"],
  ["operation", "text"],
  ["execution_mode", "text"],
  ["integration_status", "text"],
  ["input", "jsonb"],
  ["budget", "jsonb"],
  ["payment", "jsonb"],
  ["credentials", "text"],
  ["amount", "numeric"],
  ["currency", "text"],
  ["spend_day", "date"],
  ["spend_held", "boolean"],
  ["created_at", "timestamptz"],
] as const satisfies readonly (readonly [keyof NewOrder, string])[];

const names = columns.map(([name]) => name).join(", ");
const arrays = columns.map(([, type], index) => `$${index + 1}::${type}[]`).join(", ");
const insertStatement = `insert into market_orders (${names}, updated_at, snapshot_hash, status)
  select *, 'created' from unnest(${arrays}, $${columns.length + 1}::timestamptz[], $${columns.length + 2}::text[])`;

/** Writes orders as `created`, and the services they name where those are not kept yet. */
export async function insertOrders(client: PoolClient, orders: readonly NewOrder[]): Promise<void> {
  const column = (name: keyof NewOrder, type: string) =>
    orders.map((order) => {
      const value = order[name];
      // The driver would write a time in local parts, digit by digit.
      if (value instanceof Date) return value.toISOString();
      return type === "jsonb" && value !== null ? jsonText(value) : value;
    });
  await Promise.all([
    insertSnapshots(
      client,
      orders.map((order) => order.snapshot),
    ),
    client.query({
      name: "insert_orders",
      text: insertStatement,
      values: [
        ...columns.map(([name, type]) => column(name, type)),
        column("created_at", "timestamptz"),
        orders.map((order) => order.snapshot.hash),
      ],
    }),
  ]);
}

async function insertSnapshots(client: PoolClient, list: readonly Snapshot[]): Promise<void> {
  const distinct = new Map(list.map((each) => [each.hash, each.text]));
  await client.query({
    name: "insert_order_services",
    // The text becomes JSON only where the row is missing: most of the time nothing is parsed.
    text: `insert into order_services (hash, document)
      select hash, document::jsonb from unnest($1::text[], $2::text[]) as new (hash, document)
      where not exists (select from order_services as kept where kept.hash = new.hash)
      order by hash on conflict do nothing`,
    values: [[...distinct.keys()], [...distinct.values()]],
  });
}
