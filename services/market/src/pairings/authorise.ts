import type { PoolClient } from "pg";
import type { AgentCaller, PlatformCaller, SessionClaims } from "../kit/caller.ts";
import { fail } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";
import type { Machines } from "../machines/machines.ts";
import type { MachineRow } from "../machines/store.ts";
import type { DelegationPolicy } from "./policy.ts";
import { findPairing, lockPairing, type PairingRow } from "./store.ts";

/** May this caller act for this machine now? The signature and the expiry of a token were checked before. */

/** A pairing that may act now. */
export type ActivePairing = {
  readonly id: string;
  readonly machineId: string;
  readonly tenantId: string;
  /** Checksummed. */
  readonly agentAddress: string;
  readonly policy: DelegationPolicy;
  readonly policyHash: string;
};

type Acting = AgentCaller | PlatformCaller;

const invalid = (reason: string, message: string) => fail("AGENT_AUTH_INVALID", message, { reason });

function inactive(row: PairingRow) {
  return fail("AGENT_PAIRING_INACTIVE", `pairing ${row.id} is ${row.status}`, {
    pairingId: row.id,
    status: row.status,
  });
}

/** In the order of the token's own story: the pairing, its session, its policy. */
function checkClaims(row: PairingRow | undefined, claims: SessionClaims): PairingRow {
  if (row === undefined || row.machine_id !== claims.machineId || row.agent_address !== claims.agentAddress)
    throw invalid("unknown_pairing", "the token's pairing does not exist");
  if (row.status !== "active") throw inactive(row);
  if (row.session_id !== claims.sessionId)
    throw row.ended_session_id === claims.sessionId && row.ended_reason === "delegation_policy_changed"
      ? invalid("delegation_policy_changed", "the delegation policy was changed after the token was issued")
      : invalid("session_replaced", "a newer session has replaced the token's");
  if (row.policy_hash !== claims.delegationPolicyHash)
    throw invalid(
      "delegation_policy_changed",
      "the delegation policy was changed after the token was issued",
    );
  return row;
}

/** @throws HttpError AGENT_AUTH_INVALID when the token is not for what is named. */
export function checkNamed(claims: SessionClaims, named: Named): void {
  if (named.machineId !== undefined && named.machineId !== claims.machineId)
    throw invalid("other_machine", `the token is for machine ${claims.machineId}, not ${named.machineId}`);
  if (named.pairingId !== undefined && named.pairingId !== claims.pairingId)
    throw invalid("other_pairing", `the token is of pairing ${claims.pairingId}, not ${named.pairingId}`);
}

export type Named = { machineId?: string | undefined; pairingId?: string | undefined };

/** What a platform caller names must be one pairing of one machine. */
function checkPlatform(row: PairingRow | undefined, named: Named): PairingRow {
  if (row === undefined || (named.machineId !== undefined && row.machine_id !== named.machineId))
    throw fail("AGENT_PAIRING_REQUIRED", `there is no pairing ${named.pairingId} for this machine`, {
      reason: "unknown_pairing",
    });
  if (row.status !== "active") throw inactive(row);
  return row;
}

const active = (row: PairingRow): ActivePairing => ({
  id: row.id,
  machineId: row.machine_id,
  tenantId: row.tenant_id,
  agentAddress: row.agent_address,
  policy: row.policy,
  policyHash: row.policy_hash,
});

export function createAuthorise({ database }: Market, { machines }: { machines: Machines }) {
  async function pairingOf(caller: Acting, named: Named): Promise<PairingRow> {
    if (caller.kind === "agent") {
      const { claims } = caller;
      const row = checkClaims(await findPairing(database.pool, caller.tenantId, claims.pairingId), claims);
      checkNamed(claims, named);
      return row;
    }
    if (named.pairingId === undefined)
      throw fail("AGENT_PAIRING_REQUIRED", "without a pairing token agentPairingId must name the pairing", {
        reason: "no_pairing_named",
      });
    return checkPlatform(await findPairing(database.pool, caller.tenantId, named.pairingId), named);
  }

  return {
    async authorise(caller: Acting, named: Named): Promise<{ pairing: ActivePairing; machine: MachineRow }> {
      const row = await pairingOf(caller, named);
      const machine = await machines.confirmed(row.machine_id, caller.tenantId);
      return { pairing: active(row), machine };
    },

    async holds(caller: Acting): Promise<void> {
      if (caller.kind === "agent")
        checkClaims(
          await findPairing(database.pool, caller.tenantId, caller.claims.pairingId),
          caller.claims,
        );
    },

    async recheck(client: PoolClient, caller: Acting, pairing: ActivePairing): Promise<ActivePairing> {
      const row = await lockPairing(client, caller.tenantId, pairing.id, "share");
      return active(
        caller.kind === "agent"
          ? checkClaims(row, caller.claims)
          : checkPlatform(row, { pairingId: pairing.id, machineId: pairing.machineId }),
      );
    },
  };
}
