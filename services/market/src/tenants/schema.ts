/** Platform keys. A key itself is never kept: 32 random bytes need no slow hash, so SHA-256 is what stands here. */
export const tenantsSchema = `
create table platform_keys (
  id text primary key,
  tenant_id text not null,
  name text not null,
  hash text not null unique,
  last_four text not null,
  scopes text[] not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  rotated_from text,
  replaced_by text
);
create index platform_keys_by_tenant on platform_keys (tenant_id, created_at desc, id desc);
`;
