/** Challenges that a machine's controller or an agent signs. Kept whole: the signed text is rebuilt from here. */
export const identitySchema = `
create table identity_challenges (
  id text primary key,
  tenant_id text not null,
  purpose text not null check (purpose in ('machine-identity', 'agent-pairing')),
  -- What the challenge is about, in one text: an identical request has the same.
  subject text not null,
  -- The lines of the text, in their order.
  fields jsonb not null,
  issuer text not null,
  nonce text not null,
  issued_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  wrong_signatures int not null default 0
);
create index identity_challenges_by_subject on identity_challenges (tenant_id, subject, expires_at);
create index identity_challenges_by_age on identity_challenges (expires_at);
`;
