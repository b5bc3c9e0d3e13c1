/** Policies of a tenant. */
export const policiesSchema = `
create table policies (
  id text primary key,
  tenant_id text not null,
  name text not null,
  allowed_skill_keys text[] not null,
  denied_skill_keys text[] not null,
  region_rules text[] not null,
  required_capabilities text[] not null,
  budget_cap jsonb,
  native_only boolean not null,
  handoff_allowed boolean not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create index policies_by_tenant on policies (tenant_id, created_at desc, id desc);
`;
