import type { Pool } from "pg";

/**
 * Where the money is: for each chain and token what verified transfers have paid in, and in which state the payments
 * are that they paid. The two sides are written by different statements; they must agree at every moment. On the rails
 * that only keep a record, no money is seen and nothing is summed.
 */
export type Conservation = {
  /** CAIP-2. */
  readonly chain: string;
  readonly token: string;
  /** Base units, decimal text. Transfers the chain has now. */
  readonly paidIn: string;
  /** Transfers that a reorganisation took away after delivery: their payments are frozen or ended. */
  readonly vanished: string;
  readonly held: string;
  readonly releasePending: string;
  readonly released: string;
  readonly frozen: string;
  /** Refunds whose repayment the seller still owes. */
  readonly refundedOwed: string;
  /** Refunds whose repayment was found on the chain. */
  readonly refundedRepaid: string;
  /** Repayments found on the chain; equals refundedRepaid. */
  readonly repaid: string;
  /** paidIn + vanished - (held + releasePending + released + frozen + refundedOwed + refundedRepaid), and what else disagrees: 0. */
  readonly difference: string;
};

const statement = `
with transfers as (
  select chain, token_address,
    sum(amount) filter (where purpose = 'payment' and vanished_at is null) as paid_in,
    sum(amount) filter (where purpose = 'payment' and vanished_at is not null) as vanished,
    sum(amount) filter (where purpose = 'repayment') as repaid
  from payment_transfers group by chain, token_address
), payments as (
  select chain, token_address,
    sum(raw_amount) filter (where status = 'held') as held,
    sum(raw_amount) filter (where status = 'release_pending') as release_pending,
    sum(raw_amount) filter (where status = 'released') as released,
    sum(raw_amount) filter (where status = 'frozen') as frozen,
    sum(raw_amount) filter (where status = 'refunded' and refund->>'transactionHash' is null) as owed,
    sum(raw_amount) filter (where status = 'refunded' and refund->>'transactionHash' is not null) as repaid
  from market_payments where raw_amount is not null and status <> 'intent_created' and status <> 'not_required'
  group by chain, token_address
), both_sides as (
  select chain, token_address as token,
    coalesce(transfers.paid_in, 0) as paid_in, coalesce(transfers.vanished, 0) as vanished,
    coalesce(payments.held, 0) as held, coalesce(payments.release_pending, 0) as release_pending,
    coalesce(payments.released, 0) as released, coalesce(payments.frozen, 0) as frozen,
    coalesce(payments.owed, 0) as owed, coalesce(payments.repaid, 0) as refunded_repaid,
    coalesce(transfers.repaid, 0) as repaid
  from transfers full join payments using (chain, token_address)
)
select chain, token, paid_in::text, vanished::text, held::text, release_pending::text, released::text, frozen::text,
  owed::text, refunded_repaid::text, repaid::text,
  (abs(paid_in + vanished - held - release_pending - released - frozen - owed - refunded_repaid)
    + abs(refunded_repaid - repaid))::text as difference
from both_sides order by chain, token`;

/** One statement, so one moment. */
export async function conservation(database: Pick<Pool, "query">): Promise<Conservation[]> {
  const { rows } = await database.query<Record<string, string>>(statement);
  return rows.map((row) => ({
    chain: row.chain!,
    token: row.token!,
    paidIn: row.paid_in!,
    vanished: row.vanished!,
    held: row.held!,
    releasePending: row.release_pending!,
    released: row.released!,
    frozen: row.frozen!,
    refundedOwed: row.owed!,
    refundedRepaid: row.refunded_repaid!,
    repaid: row.repaid!,
    difference: row.difference!,
  }));
}
