import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import { createChangeRows } from "../kit/change-rows.ts";
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

/** Writes the columns that a step may set. */
export const changePayments = createChangeRows<PaymentRow>("market_payments", [
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
]);
