import { pairingStatuses } from "@peaqos/protocol/market";

export const pairingsSchema = `
create table agent_pairings (
  id text primary key,
  tenant_id text not null,
  machine_id text not null,
  agent_address text not null,
  agent_did text not null,
  agent_provider text not null,
  agent_role text not null,
  status text not null check (status in (${pairingStatuses.map((word) => `'${word}'`).join(", ")})),
  description text,
  verification jsonb,
  policy jsonb not null,
  policy_hash text not null,
  -- The one session that counts; of its token only a hash and the last four characters.
  session_id text,
  session_token_id text,
  token_hash text,
  token_last_four text,
  session_issued_at timestamptz,
  session_expires_at timestamptz,
  -- Why the session before ended without a new one, to tell its owner.
  ended_session_id text,
  ended_reason text,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
-- Whose address this is, spelt in lower case.
create index agent_pairings_by_agent on agent_pairings (lower(agent_address));
create index agent_pairings_by_machine on agent_pairings (machine_id, created_at desc, id desc);
`;
