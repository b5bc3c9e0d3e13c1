import { pairingStates } from "@peaqos/protocol/market";
import { notFound } from "../kit/errors.ts";
import { item, type MarketHandler, type MarketRequestOf, noContent } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import { inactive } from "./create.ts";
import { keptPolicy, policyHashOf } from "./policy.ts";
import { lockPairing, type PairingRow, updatePairingRow } from "./store.ts";
import { noSession, pairingView } from "./view.ts";

/** What the operator changes of a pairing. */

type Body = Partial<MarketRequestOf<"updateAgentPairing">["body"]>;

/** A session that ended without a new one. */
const ended = (row: PairingRow, reason: PairingRow["ended_reason"]): Partial<PairingRow> =>
  row.session_id === null ? {} : { ...noSession, ended_session_id: row.session_id, ended_reason: reason };

/** The operator's way from one state to the other; undefined when there is none. */
function eventTo(row: PairingRow, status: PairingRow["status"]): string | null {
  if (row.status === status) return null;
  const event = pairingStates.transitions.find(
    (each) => each.from === row.status && each.to === status,
  )?.event;
  // Only `revoked` leads nowhere.
  if (event === undefined) throw inactive(row);
  return event;
}

function changed(row: PairingRow, body: Body): { next: PairingRow; type: string; event: string | null } {
  const event = body.status === undefined ? null : eventTo(row, body.status);
  const policy = body.delegationPolicy === undefined ? row.policy : keptPolicy(body.delegationPolicy);
  const hash = policyHashOf(policy);
  const status = body.status ?? row.status;
  const next: PairingRow = {
    ...row,
    agent_provider: body.agentProvider ?? row.agent_provider,
    agent_role: body.agentRole ?? row.agent_role,
    description: body.description ?? row.description,
    status,
    policy,
    policy_hash: hash,
    ...(hash === row.policy_hash ? {} : ended(row, "delegation_policy_changed")),
    ...(status === "revoked" ? ended(row, "revoked") : {}),
  };
  return { next, type: status === "revoked" ? "pairing.revoked" : "pairing.updated", event };
}

/** What an audit row shows of a pairing. */
const shown = (row: PairingRow) => ({
  status: row.status,
  agentProvider: row.agent_provider,
  agentRole: row.agent_role,
  description: row.description,
  delegationPolicy: row.policy,
  delegationPolicyHash: row.policy_hash,
  sessionId: row.session_id,
});

export function createPairingChanges({ write }: Market): {
  updateAgentPairing: MarketHandler<"updateAgentPairing">;
  revokeAgentPairing: MarketHandler<"revokeAgentPairing">;
} {
  async function locked(tx: WriteTx, params: { machineId: string; pairingId: string }): Promise<PairingRow> {
    const row = await lockPairing(tx.client, tx.caller.tenantId, params.pairingId, "update");
    if (row === undefined || row.machine_id !== params.machineId) throw notFound("pairing", params.pairingId);
    return row;
  }

  async function apply(tx: WriteTx, row: PairingRow, body: Body): Promise<PairingRow> {
    if (row.status === "revoked" && body.status !== "revoked") throw inactive(row);
    const { next, type, event } = changed(row, body);
    const [before, after] = [shown(row), shown(next)];
    if (JSON.stringify(before) === JSON.stringify(after)) return row;
    const updated = { ...next, updated_at: tx.now };
    await updatePairingRow(tx.client, updated);
    tx.audit({
      type,
      resourceType: "agent-pairing",
      resourceId: row.id,
      machineId: row.machine_id,
      payload: { ...(event === null ? {} : { event }), before, after },
    });
    return updated;
  }

  return {
    async updateAgentPairing(request) {
      const view = await write(request, async (tx) =>
        pairingView(await apply(tx, await locked(tx, request.params), request.body)),
      );
      return item(view);
    },
    /** Done twice it is still revoked. */
    async revokeAgentPairing(request) {
      await write(request, async (tx) => {
        await apply(tx, await locked(tx, request.params), { status: "revoked" });
        return null;
      });
      return noContent;
    },
  };
}
