import { leaseSeconds } from "@peaqos/protocol/market";
import { secretsEqual } from "@peaqos/service-kit";
import { attempt } from "../kit/attempt.ts";
import { fail, invalid, notFound } from "../kit/errors.ts";
import { item, type MarketHandler, type MarketRequestOf } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import type { Machines } from "../machines/machines.ts";
import { type AgentRow, findAgent, lockAgent, seeAgent } from "./agent-store.ts";
import { createEndpointRows, providerKeyOf } from "./endpoint.ts";
import { type EndpointRow, findEndpoints, statusAt, upsertEndpoint } from "./endpoint-store.ts";
import { auditedEndpoint } from "./endpoints.ts";
import { agentTokenHash } from "./token.ts";

/** An agent on a machine says that it lives and where its endpoints are. Its token comes in the body or in a header. */

type Request = MarketRequestOf<"machineAgentHeartbeat">;

/** Heartbeats without a change are written to the audit log this often. */
const auditEveryMs = 3_600_000;

function tokenOf({ body, headers }: Request): string | undefined {
  if (body.agentToken !== undefined) return body.agentToken;
  const header = headers["x-agent-pairing-token"];
  if (typeof header === "string" && header !== "") return header;
  return /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? "")?.[1];
}

export function createHeartbeat(
  market: Market,
  { machines }: { machines: Machines },
): MarketHandler<"machineAgentHeartbeat"> {
  const { config, database, clock, write } = market;
  const rows = createEndpointRows(market);

  /** Whoever does not know the token learns nothing but that: not whether the agent, or its machine, is there. */
  async function authenticated(request: Request): Promise<AgentRow> {
    const token = tokenOf(request);
    if (token === undefined)
      throw fail("AGENT_AUTH_REQUIRED", "send the agent's token as agentToken", { field: "agentToken" });
    const { agentId, machineId } = request.body;
    const row = await findAgent(database.pool, agentId);
    if (row === undefined || !secretsEqual(row.token_hash, agentTokenHash(token)))
      throw fail("AGENT_AUTH_INVALID", "this is not the token of that machine agent", {
        reason: "unknown_agent_or_token",
      });
    if (row.machine_id !== machineId) throw notFound(`machine agent ${agentId} on machine`, machineId);
    checkAlive(row);
    return row;
  }

  function checkAlive(row: AgentRow): void {
    if (row.status === "revoked")
      throw fail("AGENT_PAIRING_INACTIVE", `machine agent ${row.id} is revoked`, {
        agentId: row.id,
        status: row.status,
      });
  }

  /** The rows to keep, each endpoint probed where that is due. */
  async function endpointsOf(
    request: Request,
    agent: AgentRow,
    now: Date,
    lease: Date,
  ): Promise<EndpointRow[]> {
    const inputs = request.body.endpoints.map((endpoint, index) => {
      const at = `endpoints.${index}.`;
      return { at, endpoint, key: providerKeyOf(endpoint.providerKey, `${at}providerKey`) };
    });
    const keys = inputs.map(({ key }) => key);
    const twice = keys.find((key, index) => keys.indexOf(key) !== index);
    if (twice !== undefined) throw invalid("endpoints", `providerKey ${twice} stands there twice`);
    const denied = keys.filter(
      (key) => agent.allowed_provider_keys.length > 0 && !agent.allowed_provider_keys.includes(key),
    );
    if (denied.length > 0)
      throw fail("AGENT_POLICY_DENIED", `this agent may not name an endpoint for ${denied.join(", ")}`, {
        denied,
        allowedProviderKeys: agent.allowed_provider_keys,
      });
    const known = await findEndpoints(database.pool, agent.machine_id, keys);
    const before = new Map(known.map((row) => [row.provider_key, row]));
    const drafts = inputs.map(({ at, endpoint: { providerKey: _, ...input }, key }) => {
      const origin = {
        tenant_id: agent.tenant_id,
        machine_id: agent.machine_id,
        agent_id: agent.id,
        provider_key: key,
        source: "agent" as const,
        lease_expires_at: lease,
      };
      return { at, row: rows.draft(input, origin, before.get(key), now, at) };
    });
    return Promise.all(
      drafts.map(({ at, row }) =>
        rows.needsProbe(row, before.get(row.provider_key), now) ? rows.probed(row, now, at) : row,
      ),
    );
  }

  async function keep(tx: WriteTx, agent: AgentRow, drafts: readonly EndpointRow[]): Promise<EndpointRow[]> {
    await machines.requireActive(tx.client, agent.machine_id, agent.tenant_id);
    const locked = await lockAgent(tx.client, agent.id);
    if (locked === undefined) throw notFound("machine agent", agent.id);
    checkAlive(locked);
    const kept: EndpointRow[] = [];
    let changed = locked.status !== "active";
    // In one order everywhere, so that two heartbeats cannot wait for each other.
    for (const draft of drafts.toSorted((a, b) => (a.provider_key < b.provider_key ? -1 : 1))) {
      const { row, isNew } = await upsertEndpoint(tx.client, { ...draft, updated_at: tx.now });
      changed ||= isNew || row.status !== "active";
      kept.push(row);
    }
    const last = locked.audited_at?.getTime() ?? 0;
    const audited = changed || tx.now.getTime() - last >= auditEveryMs;
    await seeAgent(tx.client, agent.id, tx.now, audited);
    if (audited)
      tx.audit({
        actor: `machine-agent:${agent.id}`,
        type: "agent.heartbeat",
        resourceType: "machine-agent",
        resourceId: agent.id,
        machineId: agent.machine_id,
        payload: { before: { status: locked.status }, endpoints: kept.map(auditedEndpoint) },
      });
    return drafts.map(({ provider_key: key }) => kept.find((row) => row.provider_key === key) as EndpointRow);
  }

  return async (request) => {
    const agent = await authenticated(request);
    const seconds = request.body.leaseTtlSeconds ?? config.PEAQOS_AGENT_LEASE_SECONDS ?? leaseSeconds.default;
    const observed = clock.now();
    const lease = new Date(observed.getTime() + seconds * 1_000);
    const found = await attempt(async () => {
      await machines.confirmed(agent.machine_id, agent.tenant_id);
      return endpointsOf(request, agent, observed, lease);
    });
    // The call carries no key, so it is the agent's row that says whose it is; the token stays out of what is kept.
    const { agentToken: _, ...body } = request.body;
    const caller = { kind: "public", tenantId: agent.tenant_id, agentId: agent.id } as const;
    const source = { ...request, body, caller };
    const view = await write(source, async (tx) => {
      const kept = await keep(tx, agent, found());
      return {
        machineId: agent.machine_id,
        agentId: agent.id,
        leaseTtlSeconds: seconds,
        observedAt: observed.toISOString(),
        endpoints: kept.map((row) => ({
          providerKey: row.provider_key,
          endpointBaseUrl: row.endpoint_base_url,
          status: statusAt(row, tx.now),
          leaseExpiresAt: lease.toISOString(),
          healthError: row.last_probe_error,
        })),
        serverTime: tx.now.toISOString(),
        // Twice within a lease, so that one that is lost does no harm.
        nextHeartbeatSeconds: Math.max(Math.floor(seconds / 2), 1),
      };
    });
    return item(view);
  };
}
