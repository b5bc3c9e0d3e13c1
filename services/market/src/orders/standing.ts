import type { PoolClient } from "pg";
import type { AgentCaller, PlatformCaller } from "../kit/caller.ts";
import type { Machines } from "../machines/machines.ts";
import type { MachineRow } from "../machines/store.ts";
import { type LockedPairing, lockPairings } from "../pairings/lock-many.ts";
import type { ActivePairing, Pairings } from "../pairings/pairings.ts";

/** Who orders: the pairing and its machine, as they were when the call was let in. */
export type Standing = { readonly pairing: ActivePairing; readonly machine: MachineRow };

export type Caller = AgentCaller | PlatformCaller;

type Refused = { readonly error: unknown };

type Deps = { readonly pairings: Pairings; readonly machines: Machines };

/**
 * The pairings and machines of a batch as they are now, their rows locked in share mode, or the error of each: a token
 * revoked, a policy changed or a machine blocked since the call was let in bites here.
 */
export async function recheckAll(
  client: PoolClient,
  deps: Deps,
  requests: readonly { readonly caller: Caller; readonly standing: Standing }[],
  /** The error of those whose rows somebody is changing; null: they are waited for. */
  held: Error | null = null,
): Promise<(Standing | Refused)[]> {
  const ids = [...new Set(requests.map(({ standing }) => standing.pairing.id))];
  const rows = await lockPairings(client, ids, held === null ? "wait" : "skip");
  return Promise.all(
    requests.map(({ caller, standing }) => {
      const row = rows.get(standing.pairing.id);
      if (row === undefined && held !== null) return { error: held };
      return row !== undefined && unchanged(row, caller, standing)
        ? { pairing: standing.pairing, machine: { ...standing.machine, policy_ids: row.policy_ids } }
        : recheck(client, deps, caller, standing);
    }),
  );
}

/** Nothing that the call was let in for has changed. */
function unchanged(row: LockedPairing, caller: Caller, { pairing, machine }: Standing): boolean {
  return (
    row.status === "active" &&
    row.machine_status === "active" &&
    row.machine_id === machine.id &&
    row.tenant_id === caller.tenantId &&
    row.policy_hash === pairing.policyHash &&
    (caller.kind === "platform" || row.session_id === caller.claims.sessionId)
  );
}

/** The full check, which says what is wrong; or that a platform caller goes on under the new policy. */
async function recheck(
  client: PoolClient,
  { pairings, machines }: Deps,
  caller: Caller,
  standing: Standing,
): Promise<Standing | Refused> {
  try {
    const pairing = await pairings.recheck(client, caller, standing.pairing);
    const machine = await machines.requireActive(client, pairing.machineId, caller.tenantId);
    return { pairing, machine };
  } catch (error) {
    return { error };
  }
}
