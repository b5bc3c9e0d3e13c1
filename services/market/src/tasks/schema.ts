import {
  executionModeSchema,
  executionStatusSchema,
  routeStatusSchema,
  runStatusSchema,
  taskStatusSchema,
} from "@peaqos/protocol/market";

const words = (list: readonly string[]) => list.map((word) => `'${word}'`).join(", ");

/**
 * What a machine wants done (task), where it leads (route), each try of it (run) and what came out (outcome). Texts of
 * providers and inputs are `json`, not `jsonb`: keys, numbers and their order stay as they came.
 */
export const tasksSchema = `
-- Room on the pages of what changes later, so that it stays there with its index entries.
create table tasks (
  id text primary key,
  tenant_id text not null,
  machine_id text not null,
  agent_pairing_id text,
  order_id text,
  service_type text not null,
  operation text,
  input json not null,
  constraints json not null,
  status text not null check (status in (${words(taskStatusSchema.options)})),
  candidates jsonb not null default '[]',
  route_id text,
  outcome_id text,
  error_message text,
  created_at timestamptz not null,
  updated_at timestamptz not null
) with (fillfactor = 70);
create index tasks_by_tenant on tasks (tenant_id, created_at desc, id desc);
create index tasks_by_machine on tasks (machine_id, created_at desc, id desc);
create table routes (
  id text primary key,
  tenant_id text not null,
  machine_id text not null,
  task_id text not null,
  service_id text not null,
  skill_key text not null,
  provider_key text not null,
  execution_mode text not null check (execution_mode in (${words(executionModeSchema.options)})),
  integration_status text not null,
  status text not null check (status in (${words(routeStatusSchema.options)})),
  -- Where it leads, without secrets.
  endpoint jsonb,
  handoff jsonb,
  created_at timestamptz not null
) with (fillfactor = 70);
create index routes_by_tenant on routes (tenant_id, created_at desc, id desc);
create index routes_by_machine on routes (machine_id, created_at desc, id desc);
create index routes_by_task on routes (task_id);
create table runs (
  id text primary key,
  tenant_id text not null,
  machine_id text not null,
  task_id text not null,
  route_id text not null,
  order_id text,
  outcome_id text,
  service_id text not null,
  skill_key text not null,
  provider_key text not null,
  operation text not null,
  execution_mode text not null,
  status text not null check (status in (${words(runStatusSchema.options)})),
  -- What the provider gets, in the contract's spelling.
  input json not null,
  -- The provider's idempotency key: one effect at most. A run after an unknown end has the key of the run before it.
  seller_key text not null,
  -- Requests begun, and those of them whose fate was not learnt.
  requests int not null default 0,
  attempts int not null default 0,
  -- A request may have reached the provider.
  sent boolean not null default false,
  -- Ended: whether it is known that the provider did nothing (failed) or delivered (completed).
  certain boolean,
  -- How it ended for whoever waits: completed, failed, unreachable, unpaid.
  ended_as text,
  started_at timestamptz not null,
  finished_at timestamptz,
  latency_ms int
) with (fillfactor = 60);
-- One run of a key at a time.
create unique index runs_open on runs (seller_key) where status = 'running';
create index runs_by_tenant on runs (tenant_id, started_at desc, id desc);
create index runs_by_machine on runs (machine_id, started_at desc, id desc);
create index runs_by_task on runs (task_id);
create table outcomes (
  id text primary key,
  tenant_id text not null,
  machine_id text not null,
  task_id text not null,
  run_id text not null unique,
  order_id text,
  service_id text not null,
  skill_key text not null,
  execution_mode text not null,
  status text not null check (status in (${words(executionStatusSchema.options)})),
  result json,
  artifacts jsonb not null default '[]',
  error_message text,
  external_ref text,
  created_at timestamptz not null
);
create index outcomes_by_tenant on outcomes (tenant_id, created_at desc, id desc);
create index outcomes_by_machine on outcomes (machine_id, created_at desc, id desc);
create index outcomes_by_task on outcomes (task_id);
`;
