import type { PoolClient } from "pg";
import { createChallenges } from "../identity/challenges.ts";
import type { AgentCaller, PlatformCaller } from "../kit/caller.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { pageOf, readCursor } from "../kit/paging.ts";
import type { Machines } from "../machines/machines.ts";
import type { MachineRow } from "../machines/store.ts";
import { type ActivePairing, createAuthorise, type Named } from "./authorise.ts";
import { createPairingChanges } from "./change.ts";
import { createPairingWrites } from "./create.ts";
import type { Sessions } from "./sessions.ts";
import { listPairingRows } from "./store.ts";
import { pairingView } from "./view.ts";

export type { ActivePairing } from "./authorise.ts";
export type { DelegationPolicy } from "./policy.ts";

/** Agents paired with machines: who they are, what they may do, and the session that lets them. */

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
    named: Named,
  ): Promise<{ pairing: ActivePairing; machine: MachineRow }>;
  /**
   * The caller's session alone, as it is now, its machine left out: before what was answered once is answered again to
   * a repeated `Idempotency-Key`.
   *
   * @throws HttpError AGENT_AUTH_INVALID, AGENT_PAIRING_INACTIVE.
   */
  holds(caller: AgentCaller | PlatformCaller): Promise<void>;
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

export function createPairings(market: Market, deps: { machines: Machines; sessions: Sessions }): Pairings {
  const { machines, sessions } = deps;
  const challenges = createChallenges(market);
  return {
    handlers: {
      ...createPairingWrites(market, { machines, sessions, challenges }),
      ...createPairingChanges(market),
      async listAgentPairings({ params, query, caller }) {
        await machines.find(params.machineId, caller.tenantId);
        const after = readCursor(query.cursor);
        const rows = await listPairingRows(
          market.database.pool,
          params.machineId,
          caller.tenantId,
          after,
          query.limit + 1,
        );
        const body = pageOf(rows, query.limit, (row) => ({ createdAt: row.at, id: row.id }), pairingView);
        return { status: 200, body };
      },
    },
    ...createAuthorise(market, { machines }),
  };
}
