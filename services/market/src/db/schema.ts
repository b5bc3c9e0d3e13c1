/** Tables that belong to no single domain. */
export const kitSchema = `
create table idempotency_keys (
  scope text not null,
  key text not null,
  operation text not null,
  fingerprint text not null,
  answer text,
  sealed boolean not null default false,
  created_at timestamptz not null,
  primary key (scope, key)
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
`;
