import type { Machine, MachineRow } from "./store.ts";

/** A machine as the API shows it. */
export function machineView(row: MachineRow): Machine {
  return {
    id: row.id,
    displayName: row.display_name,
    status: row.status,
    ownerId: row.owner_id,
    identityRef: row.identity_ref,
    identityProof: row.identity_proof,
    machineType: row.machine_type,
    runtimeProfile: row.runtime_profile,
    capabilities: row.capabilities,
    labels: row.labels,
    policyIds: row.policy_ids,
    skillKeys: row.skill_keys,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
