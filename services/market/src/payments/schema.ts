import { paymentStatuses } from "@peaqos/protocol/market";

const words = (list: readonly string[]) => list.map((word) => `'${word}'`).join(", ");

/** Payments of orders: one each, made with the order whenever payment is required. */
export const paymentsSchema = `
create table market_payments (
  id text primary key,
  order_id text not null unique,
  tenant_id text not null,
  machine_id text not null,
  status text not null check (status in (${words(paymentStatuses)})),
  rail jsonb not null,
  notes jsonb not null default '[]',
  -- What is owed, exact: in currency, and in base units on transfer rails.
  amount numeric,
  currency text,
  raw_amount numeric(78),
  token_decimals int,
  -- CAIP-2; addresses in lower case.
  chain text,
  token_address text,
  payer_address text,
  payee_address text,
  -- Head of the chain when the order was made: an older transfer never counts. Null: the node could not be asked.
  from_block numeric(78),
  -- settled, failed, unknown: whether the chain has told; null before there is a proof.
  outcome text check (outcome in ('settled', 'failed', 'unknown')),
  proof jsonb,
  transaction_hash text,
  held_at timestamptz,
  release jsonb,
  refund jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index market_payments_by_machine on market_payments (machine_id, created_at desc, id desc);
-- Each transfer on a chain pays one order at most.
create table payment_transfers (
  chain text not null,
  transaction_hash text not null,
  log_index int not null,
  payment_id text not null,
  block_number numeric(78) not null,
  block_hash text not null,
  primary key (chain, transaction_hash, log_index)
);
create index payment_transfers_by_payment on payment_transfers (payment_id);
`;
