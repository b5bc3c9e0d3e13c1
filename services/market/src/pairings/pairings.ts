import type { delegationPolicySchema } from "@peaqos/protocol/market";
import type { PoolClient } from "pg";
import type { z } from "zod";
import type { AgentCaller, PlatformCaller } from "../kit/caller.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";
import type { Machines } from "../machines/machines.ts";
import type { MachineRow } from "../machines/store.ts";
import type { Sessions } from "./sessions.ts";

export type DelegationPolicy = z.output<typeof delegationPolicySchema>;

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

export type Pairings = {
  readonly handlers: MarketHandlers<
    | "listAgentPairings"
    | "createAgentPairingChallenge"
    | "createAgentPairing"
    | "createAgentPairingSession"
    | "updateAgentPairing"
    | "revokeAgentPairing"
  >;
  /**
   * The pairing behind a call and its machine, everything checked: status, session, policy hash, machine, and that
   * body or order name the same machine and pairing. Asks the rating service: never call it inside a transaction.
   *
   * @param named what the body (or the order) names; a platform caller must name the pairing.
   * @throws HttpError AGENT_AUTH_INVALID, AGENT_PAIRING_INACTIVE, AGENT_PAIRING_REQUIRED, MACHINE_NOT_ACTIVE,
   *   MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE.
   */
  authorise(
    caller: AgentCaller | PlatformCaller,
    named: { machineId?: string | undefined; pairingId?: string | undefined },
  ): Promise<{ pairing: ActivePairing; machine: MachineRow }>;
  /**
   * The same pairing once more inside the transaction, its row locked in share mode: a token revoked or a policy
   * changed in flight bites here. Returns the pairing as it is now.
   *
   * @throws HttpError AGENT_AUTH_INVALID, AGENT_PAIRING_INACTIVE.
   */
  recheck(
    client: PoolClient,
    caller: AgentCaller | PlatformCaller,
    pairing: ActivePairing,
  ): Promise<ActivePairing>;
};

export function createPairings(_market: Market, _deps: { machines: Machines; sessions: Sessions }): Pairings {
  return {
    handlers: missing(
      "listAgentPairings",
      "createAgentPairingChallenge",
      "createAgentPairing",
      "createAgentPairingSession",
      "updateAgentPairing",
      "revokeAgentPairing",
    ),
    authorise: () => Promise.reject(new Error("not built yet")),
    recheck: () => Promise.reject(new Error("not built yet")),
  };
}
