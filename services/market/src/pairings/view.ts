import type { Pairing, PairingRow } from "./store.ts";

/** A pairing as the API shows it; never with its token. */
export function pairingView(row: PairingRow): Pairing {
  return {
    id: row.id,
    machineId: row.machine_id,
    agentAddress: row.agent_address,
    agentDid: row.agent_did,
    agentProvider: row.agent_provider,
    agentRole: row.agent_role,
    status: row.status,
    description: row.description,
    verification: row.verification,
    delegationPolicy: row.policy,
    hasAuthToken: row.token_hash !== null,
    tokenLastFour: row.token_last_four,
    sessionId: row.session_id,
    sessionTokenId: row.session_token_id,
    sessionIssuedAt: row.session_issued_at?.toISOString() ?? null,
    sessionExpiresAt: row.session_expires_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

/** The columns of a pairing that has no session. */
export const noSession = {
  session_id: null,
  session_token_id: null,
  token_hash: null,
  token_last_four: null,
  session_issued_at: null,
  session_expires_at: null,
} as const;
