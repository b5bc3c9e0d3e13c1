import { disputeResolutions, disputeStatuses } from "@peaqos/protocol/market";

const words = (list: readonly string[]) => list.map((word) => `'${word}'`).join(", ");

/** Disputes: one per order at most, ended by a resolver or by their deadline. */
export const disputesSchema = `
create table market_disputes (
  id text primary key,
  order_id text not null unique,
  tenant_id text not null,
  machine_id text not null,
  -- Null: opened by the system.
  agent_pairing_id text,
  status text not null check (status in (${words(disputeStatuses)})),
  reason text not null,
  evidence jsonb not null,
  resolution text check (resolution in (${words(disputeResolutions)})),
  resolution_notes text,
  resolved_by text,
  resolve_by timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((status = 'resolved') = (resolution is not null))
);
create index market_disputes_by_machine on market_disputes (machine_id, created_at desc, id desc);
create index market_disputes_open on market_disputes (resolve_by) where status = 'open';
`;
