import { machineStatuses } from "@peaqos/protocol/market";

export const machinesSchema = `
create table machines (
  id text primary key,
  tenant_id text not null,
  display_name text not null,
  status text not null check (status in (${machineStatuses.map((word) => `'${word}'`).join(", ")})),
  owner_id text not null,
  identity_ref text,
  -- Number in the identity registry, once the identity is proven: both forms of a reference are one machine.
  registry_id text,
  identity_proof jsonb,
  machine_type text not null,
  runtime_profile text not null,
  capabilities text[] not null,
  labels jsonb not null,
  policy_ids text[] not null,
  skill_keys text[] not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
-- An archived machine frees its identity.
create unique index machines_by_identity on machines (lower(identity_ref)) where status <> 'archived';
create unique index machines_by_registry on machines (registry_id) where status <> 'archived';
create index machines_by_tenant on machines (tenant_id, created_at desc, id desc);
`;
