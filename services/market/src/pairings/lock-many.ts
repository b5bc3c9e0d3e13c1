import type { PoolClient } from "pg";
import type { MachineRow } from "../machines/store.ts";

/** Pairings with their machines, many at once, for writes that serve many requests in one transaction. */

export type LockedPairing = {
  readonly id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  readonly status: string;
  readonly policy_hash: string;
  readonly session_id: string | null;
  readonly machine_status: MachineRow["status"];
  readonly policy_ids: string[];
};

/**
 * Both rows are locked in share mode until the transaction ends, always in the same order; `skip` leaves out those that
 * somebody is changing.
 */
export async function lockPairings(
  client: PoolClient,
  pairingIds: readonly string[],
  lock: "wait" | "skip" = "wait",
): Promise<Map<string, LockedPairing>> {
  const { rows } = await client.query<LockedPairing>({
    name: lock === "skip" ? "lock_free_pairings" : "lock_pairings",
    text: `select p.id, p.tenant_id, p.machine_id, p.status, p.policy_hash, p.session_id,
        m.status as machine_status, m.policy_ids
      from agent_pairings p join machines m on m.id = p.machine_id and m.tenant_id = p.tenant_id
      where p.id = any($1) order by p.id for share of p, m${lock === "skip" ? " skip locked" : ""}`,
    values: [pairingIds],
  });
  return new Map(rows.map((row) => [row.id, row]));
}
