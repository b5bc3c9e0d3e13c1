/** How a tenant has set up a skill. */
export const skillsSchema = `
create table skill_configs (
  tenant_id text not null,
  skill_key text not null,
  enabled boolean not null,
  -- Free-form, in clear: whatever is secret belongs to the credentials.
  settings jsonb not null,
  -- Sealed for the subject skill:<tenant>:<key>; null: none.
  credentials text,
  updated_at timestamptz not null,
  primary key (tenant_id, skill_key)
);
`;
