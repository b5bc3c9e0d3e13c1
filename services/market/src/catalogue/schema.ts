/** The catalogue: one for the deployment, whatever the tenant. */
export const catalogueSchema = `
-- Which catalogue stands in the tables. One row; its lock puts replacements in order.
create table market_catalogue (
  id int primary key check (id = 1),
  version text not null,
  -- Counts replacements; services carry the one that changed them last.
  revision bigint not null,
  -- Of the last catalogue file that was loaded: the same file again changes nothing.
  file_hash text,
  -- When some replica checks the services' health next.
  health_due timestamptz,
  updated_at timestamptz not null
);
create table market_services (
  id text primary key,
  service_type text not null,
  skill_key text not null,
  provider_key text not null,
  execution_mode text not null,
  document jsonb not null,
  -- SHA-256 over the document, keys in order.
  hash text not null,
  revision bigint not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- Off the market since; orders that name it keep their own copy.
  removed_at timestamptz
);
create index market_services_by_revision on market_services (revision);
-- What the health checks found last; a service without a row was not checked yet.
create table market_service_health (
  service_id text primary key,
  status text not null check (status in ('unknown', 'up', 'down')),
  -- Checks that failed one after the other.
  failures int not null,
  error text,
  checked_at timestamptz not null,
  changed_at timestamptz not null
);
`;
