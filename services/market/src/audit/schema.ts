/** Tables of the audit log. `payload` is text: what was hashed is what is kept. */
export const auditSchema = `
create table audit_chains (
  chain text primary key,
  tenant_id text not null,
  seq bigint not null,
  hash text not null
);
create table audit_events (
  chain text not null,
  seq bigint not null,
  id text not null,
  tenant_id text not null,
  machine_id text,
  actor text not null,
  type text not null,
  resource_type text not null,
  resource_id text not null,
  request_id text,
  payload text not null,
  prev text not null,
  hash text not null,
  created_at timestamptz not null,
  primary key (chain, seq)
);
create index audit_events_by_time on audit_events (tenant_id, created_at desc, chain, seq desc);
-- Heads signed from time to time: a tail that was cut off shows.
create table audit_signed_heads (
  chain text not null,
  seq bigint not null,
  hash text not null,
  signed_at timestamptz not null,
  -- Which public key checks the signature.
  key_id text not null,
  signature text not null,
  primary key (chain, seq)
);
`;
