/** Searches with their quotes, as they were answered. */
export const searchSchema = `
create table market_searches (
  id text primary key,
  tenant_id text not null,
  machine_id text not null,
  agent_pairing_id text,
  -- JSON text of the answer without its quotes, and of the quotes, one a line: written once, never searched in.
  head text not null,
  quotes text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index market_searches_by_age on market_searches (created_at);
`;
