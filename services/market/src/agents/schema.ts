import {
  endpointAuthTypeSchema,
  endpointSourceSchema,
  endpointStatusSchema,
  machineAgentStatusSchema,
  networkScopeSchema,
} from "@peaqos/protocol/market";

const words = (list: readonly string[]) => list.map((word) => `'${word}'`).join(", ");

/** Agents that run on machines, and the endpoints they or the operator name. */
export const agentsSchema = `
create table machine_agents (
  id text primary key,
  tenant_id text not null,
  machine_id text not null,
  label text not null,
  allowed_provider_keys text[] not null,
  status text not null check (status in (${words(machineAgentStatusSchema.options)})),
  -- Of the token only a hash and the last four characters.
  token_hash text not null,
  token_last_four text not null,
  last_seen_at timestamptz,
  -- When a heartbeat was last written to the audit log; one an hour and every change is.
  audited_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index machine_agents_by_machine on machine_agents (machine_id, created_at desc, id desc);
create table runtime_endpoints (
  id text primary key,
  tenant_id text not null,
  machine_id text not null,
  agent_id text,
  provider_key text not null,
  source text not null check (source in (${words(endpointSourceSchema.options)})),
  label text not null,
  endpoint_base_url text not null,
  auth_type text not null check (auth_type in (${words(endpointAuthTypeSchema.options)})),
  -- Sealed.
  auth_token text,
  model_alias text,
  network_scope text not null check (network_scope in (${words(networkScopeSchema.options)})),
  probe_path text not null,
  status text not null check (status in (${words(endpointStatusSchema.options)})),
  lease_expires_at timestamptz,
  last_checked_at timestamptz,
  last_healthy_at timestamptz,
  last_probe_error text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (machine_id, provider_key)
);
create index runtime_endpoints_by_machine on runtime_endpoints (machine_id, created_at desc, id desc);
`;
