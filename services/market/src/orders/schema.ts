import { orderStatuses } from "@peaqos/protocol/market";

const words = (list: readonly string[]) => list.map((word) => `'${word}'`).join(", ");

/** Orders and what they reserve. */
export const ordersSchema = `
-- Room on each page: an order changes five times, and stays on its page with its index entries then.
create table market_orders (
  id text primary key,
  tenant_id text not null,
  machine_id text not null,
  agent_pairing_id text not null,
  search_id text,
  quote_id text,
  service_id text not null,
  skill_key text not null,
  provider_key text not null,
  service_type text not null,
  operation text not null,
  execution_mode text not null,
  integration_status text not null,
  status text not null check (status in (${words(orderStatuses)})),
  input jsonb not null,
  budget jsonb,
  -- The rail recommendation as it was when the order was placed.
  payment jsonb not null,
  -- The service with its endpoints and contracts as it was then: order_services.
  snapshot_hash text not null,
  -- Credentials for the provider, sealed; removed when the order ends.
  credentials text,
  -- The agreed price, exact; null where the provider sets none.
  amount numeric,
  currency text,
  -- The day (UTC) whose allowance holds this order's amount, and whether it still does.
  spend_day date not null,
  spend_held boolean not null,
  task_id text,
  route_id text,
  run_id text,
  outcome_id text,
  handoff jsonb,
  error_message text,
  retry_count int not null default 0,
  delivered_at timestamptz,
  confirmed_at timestamptz,
  cancelled_at timestamptz,
  confirm_by timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
) with (fillfactor = 50);
create index market_orders_by_machine on market_orders (machine_id, created_at desc, id desc);
-- Services as orders saw them, each state kept once: thousands of orders share one. The hash is over the text.
create table order_services (
  hash text primary key,
  document jsonb not null
);
-- What a pairing, and the machine as a whole (subject ''), has reserved and spent on a UTC day in a unit of money.
-- The row is locked while an order reserves.
create table spend_days (
  machine_id text not null,
  subject text not null,
  unit text not null,
  day date not null,
  spent numeric not null check (spent >= 0),
  primary key (machine_id, subject, unit, day)
);
`;
