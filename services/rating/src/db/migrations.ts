import type { Migration } from "@peaqos/service-kit";

/**
 * The schema. Raw tables hold what the chain said and can be rolled back by block number; derived tables can always
 * be built again from them. Every large table leads with the machine (or account), the key a cluster shards by.
 * Only SQL that PostgreSQL-compatible engines share.
 */
export const migrations: readonly Migration[] = [
  {
    id: 1,
    name: "follow the chain",
    sql: `
-- Which chain and contracts this database follows, and how far. One row.
create table chain_head (
  id int primary key check (id = 1),
  chain_id numeric(78) not null,
  contracts text not null,
  number bigint not null,
  hash bytea,
  time bigint not null,
  -- Rows of events up to here, to compare with the registry's own count.
  events bigint not null default 0,
  -- The follower has reached the chain's head at least once: what is missing is not registered.
  complete boolean not null default false
);

-- Hashes to recognise a reorganisation by: every recent block, older ones at the end of each range read.
create table blocks (
  number bigint primary key,
  hash bytea not null,
  time bigint not null
);

-- Raw: logs about one machine other than its events.
create table machine_facts (
  machine_id numeric(78) not null,
  block_number bigint not null,
  log_index int not null,
  block_time bigint not null,
  kind text not null,
  account bytea,
  amount numeric(78),
  -- Registrations: what machineWalletOf answered.
  wallet bytea,
  primary key (machine_id, block_number, log_index)
);
create index machine_facts_block on machine_facts (block_number);

-- Raw: changes of the DID attributes that ratings and profiles read. value null: removed.
create table attribute_facts (
  account bytea not null,
  name text not null,
  block_number bigint not null,
  log_index int not null,
  sender bytea not null,
  value bytea,
  primary key (account, name, block_number, log_index)
);
create index attribute_facts_block on attribute_facts (block_number);

-- Raw from tx_hash to metadata; the rest is what exchange rates and evidence made of it.
create table events (
  machine_id numeric(78) not null,
  event_index bigint not null,
  block_number bigint not null,
  log_index int not null,
  recorded_at bigint not null,
  tx_hash bytea not null,
  event_type smallint not null,
  value numeric(78) not null,
  currency text not null,
  happened_at bigint not null,
  data_hash bytea not null,
  trust_claimed smallint not null,
  source_chain_id numeric(78) not null,
  source_tx_hash bytea not null,
  metadata bytea not null,
  usd numeric(90),
  usd_source text,
  degraded boolean not null,
  scoring numeric(90),
  class smallint not null,
  paid boolean not null,
  reason text,
  -- When to decide the evidence again (Unix seconds); null: the verdict is final.
  evidence_due bigint,
  -- Head block at which a claim was decided: a rollback below it decides the claim again. null: nothing was claimed.
  decided_block bigint,
  primary key (machine_id, event_index)
);
create index events_block on events (block_number);
create index events_day on events (machine_id, happened_at);
create index events_decided on events (decided_block) where decided_block is not null;
create index events_due on events (evidence_due) where evidence_due is not null;

-- What accepted events used up: a transfer or a signed digest counts once.
create table evidence_uses (
  key text primary key,
  machine_id numeric(78) not null,
  event_index bigint not null,
  block_number bigint not null,
  log_index int not null
);
create index evidence_uses_block on evidence_uses (block_number);

-- Derived: one row for each machine.
create table machines (
  machine_id numeric(78) primary key,
  owner bytea not null,
  wallet bytea not null,
  operator bytea,
  token_id numeric(78),
  registered_at bigint not null,
  bonded_at bigint,
  deactivated boolean not null,
  flags text not null,
  overrides text not null
);
create index machines_owner on machines (owner);
create index machines_token on machines (token_id);

-- Derived: the value in force of each attribute that its own account wrote.
create table attributes (
  account bytea not null,
  name text not null,
  value bytea not null,
  primary key (account, name)
);

-- Derived: a machine's day. The first six figures are about qualifying events, the others about all.
create table days (
  machine_id numeric(78) not null,
  day int not null,
  class smallint not null,
  paid_cents numeric(90) not null,
  unpaid_cents numeric(90) not null,
  qualifying int not null,
  first_recorded_day int,
  last_recorded_day int,
  events int not null,
  revenue_events int not null,
  usd_events int not null,
  usd_cents numeric(90) not null,
  degraded int not null,
  newest_at bigint not null,
  primary key (machine_id, day)
);

-- Reference rates fetched from the optional HTTP source, as received.
create table fx_rates (
  day int primary key,
  date text not null,
  rates text not null
);
`,
  },
  {
    id: 2,
    name: "find amounts that depend on exchange rates",
    sql: "create index events_fx on events (happened_at) where usd_source <> 'identity';",
  },
];
