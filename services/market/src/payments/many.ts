import { stringifyJson } from "@peaqos/protocol";
import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import { type Changed, parameterOf } from "../orders/many.ts";
import { type PaymentRow, paymentColumns } from "./store.ts";

/** Payments many at once: locked and changed, each with one statement. */

/** A locked payment, and how many transactions it was shown, open ones among them. */
export type HeldPayment = PaymentRow & { readonly proofs: number; readonly open_proofs: number };

/** By order. Lock the orders first. `skip` leaves out those that others hold. */
export async function lockPayments(
  client: PoolClient,
  orderIds: readonly string[],
  lock: "wait" | "skip",
): Promise<Map<string, HeldPayment>> {
  const { rows } = await guarded(() =>
    client.query<HeldPayment>({
      name: lock === "skip" ? "lock_free_payments" : "lock_payments",
      text: `select ${paymentColumns},
        (select count(*) from payment_proofs where payment_id = market_payments.id) as proofs,
        (select count(*) from payment_proofs where payment_id = market_payments.id and state = 'unknown') as open_proofs
      from market_payments where order_id = any($1) order by order_id for update${lock === "skip" ? " skip locked" : ""}`,
      values: [orderIds],
    }),
  );
  return new Map(rows.map((row) => [row.order_id, row]));
}

const columns = [
  ["status", "text"],
  ["rail", "jsonb"],
  ["notes", "jsonb"],
  ["amount", "numeric"],
  ["currency", "text"],
  ["raw_amount", "numeric"],
  ["token_decimals", "int"],
  ["chain", "text"],
  ["token_address", "text"],
  ["payer_address", "text"],
  ["payee_address", "text"],
  ["outcome", "text"],
  ["proof", "jsonb"],
  ["transaction_hash", "text"],
  ["held_at", "timestamptz"],
  ["release", "jsonb"],
  ["refund", "jsonb"],
] as const satisfies readonly (readonly [keyof PaymentRow, string])[];

const names = columns.map(([name]) => name);
/** JSON that stays is not written anew: read once, it may have lost digits that the row still has. */
const sets = columns.map(([name, type]) =>
  type === "jsonb" ? `${name} = coalesce(new.${name}, market_payments.${name})` : `${name} = new.${name}`,
);
const statement = `update market_payments
  set updated_at = $1, ${sets.join(", ")}
  from unnest($2::text[], $3::text[], ${columns.map(([, type], at) => `$${at + 4}::${type}[]`).join(", ")})
    as new (id, was, ${names.join(", ")})
  where market_payments.id = new.id and market_payments.status = new.was`;

/** Writes the columns that a step may set. The rows are locked: their status is still the one that was read. */
export async function changePayments(
  client: PoolClient,
  now: Date,
  list: readonly Changed<PaymentRow>[],
): Promise<void> {
  if (list.length === 0) return;
  const value = ({ before, after }: Changed<PaymentRow>, name: (typeof names)[number], type: string) => {
    const given = after[name];
    if (typeof given === "bigint") return String(given);
    if (type !== "jsonb") return parameterOf(given, type);
    if (given === before[name]) return null;
    if (given === null) throw new Error(`no step takes a payment's ${name} away`);
    return stringifyJson(given);
  };
  const { rowCount } = await client.query({
    name: "change_payments",
    text: statement,
    values: [
      now,
      list.map(({ before }) => before.id),
      list.map(({ before }) => before.status),
      ...columns.map(([name, type]) => list.map((each) => value(each, name, type))),
    ],
  });
  if (rowCount !== list.length) throw new Error("payments were changed although they were locked");
}
