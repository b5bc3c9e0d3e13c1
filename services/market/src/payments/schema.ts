import { paymentStatuses } from "@peaqos/protocol/market";

const words = (list: readonly string[]) => list.map((word) => `'${word}'`).join(", ");

/** Payments of orders: one each, made with the order whenever payment is required. */
export const paymentsSchema = `
-- Room on each page: a payment changes four times, and stays on its page with its index entries then.
create table market_payments (
  id text primary key,
  order_id text not null unique,
  tenant_id text not null,
  machine_id text not null,
  -- The pairing's agent, in lower case: its transfers are its own.
  agent_address text not null,
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
  from_block_hash text,
  -- settled, failed, unknown: whether the chain has told; null before there is a proof.
  outcome text check (outcome in ('settled', 'failed', 'unknown')),
  proof jsonb,
  transaction_hash text,
  held_at timestamptz,
  release jsonb,
  refund jsonb,
  created_at timestamptz not null,
  updated_at timestamptz not null
) with (fillfactor = 40);
-- Every transaction that was ever shown for a payment, and for what: 'payment' or 'repayment' (of a refund).
create table payment_proofs (
  payment_id text not null,
  purpose text not null check (purpose in ('payment', 'repayment')),
  transaction_hash text not null,
  chain text not null,
  machine_id text not null,
  state text not null check (state in ('unknown', 'settled', 'failed')),
  -- The code and reason of the last check.
  code text,
  reason text,
  message text,
  -- Seen in the node's pool or in a block: who sent it with which nonce, so that a replacement is recognised.
  sender text,
  nonce bigint,
  -- The job that checks it; an older one steps back.
  job_id text,
  checks int not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (payment_id, purpose, transaction_hash)
);
create index payment_proofs_open on payment_proofs (chain) where state = 'unknown';
-- Each transfer on a chain counts once: for one payment or one repayment. The position is that of the log within its
-- transaction: its number within the block changes when a reorganisation moves the transaction.
create table payment_transfers (
  chain text not null,
  transaction_hash text not null,
  position int not null,
  payment_id text not null,
  purpose text not null check (purpose in ('payment', 'repayment')),
  token_address text not null,
  amount numeric(78) not null,
  block_number numeric(78) not null,
  block_hash text not null,
  -- Since when the chain no longer has it, where the payment can no longer go back to unpaid.
  vanished_at timestamptz,
  primary key (chain, transaction_hash, position)
);
create unique index payment_transfers_by_payment on payment_transfers (payment_id, purpose);
create index payment_transfers_by_block on payment_transfers (chain, block_number);
-- Payers beside the agents themselves: an address belongs to the agent that named it first.
create table payment_payers (
  address text primary key,
  agent_address text not null,
  created_at timestamptz not null
);
-- Decimals of tokens, read once from their contracts.
create table payment_tokens (
  chain text not null,
  address text not null,
  decimals int not null,
  primary key (chain, address)
);
`;
