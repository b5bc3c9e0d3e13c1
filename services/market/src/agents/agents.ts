import type { PoolClient } from "pg";
import { attempt } from "../kit/attempt.ts";
import { notFound } from "../kit/errors.ts";
import { item, type MarketHandlers, noContent } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { Machines } from "../machines/machines.ts";
import {
  type AgentRow,
  agentView,
  insertAgent,
  listAgentRows,
  lockAgent,
  revokeAgentRow,
} from "./agent-store.ts";
import { providerKeyOf, tokenSubject } from "./endpoint.ts";
import {
  endLeasesOf,
  findEndpointStates,
  findEndpoints,
  findEndpointsOf,
  statusAt,
} from "./endpoint-store.ts";
import { createEndpointHandlers } from "./endpoints.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { agentTokenHash, newAgentToken } from "./token.ts";

/** Agents on machines, their heartbeats, and runtime endpoints. */

export type LiveEndpoint = {
  readonly id: string;
  readonly baseUrl: string;
  readonly authType: "none" | "api-key" | "bearer";
  readonly authToken: string | null;
  readonly modelAlias: string | null;
  readonly networkScope: "loopback" | "lan" | "vpn" | "public";
};

export type Agents = {
  readonly handlers: MarketHandlers<
    | "listMachineAgents"
    | "enrollMachineAgent"
    | "revokeMachineAgent"
    | "machineAgentHeartbeat"
    | "listRuntimeEndpoints"
    | "getRuntimeEndpoint"
    | "upsertRuntimeEndpoint"
    | "deleteRuntimeEndpoint"
  >;
  /** The machine's live endpoint for a provider, its credentials opened; null when none is active. Never across leases. */
  liveEndpoint(machineId: string, providerKey: string): Promise<LiveEndpoint | null>;
  /** Providers that have a live endpoint on the machine, in lower case. */
  liveProviders(machineId: string): Promise<ReadonlySet<string>>;
  /** The same for many machines in one read; a machine without any may be missing. */
  liveProvidersOf(
    client: PoolClient,
    machineIds: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlySet<string>>>;
};

/** The list knows no pages: the published client asks for none. */
const listed = 500;

export function createAgents(market: Market, deps: { machines: Machines }): Agents {
  const { database, clock, ids, sealing, write } = market;
  const { machines } = deps;

  return {
    handlers: {
      ...createEndpointHandlers(market, deps),
      machineAgentHeartbeat: createHeartbeat(market, deps),

      async listMachineAgents({ params, caller }) {
        await machines.confirmed(params.machineId, caller.tenantId);
        const rows = await listAgentRows(database.pool, caller.tenantId, params.machineId, listed);
        return { status: 200, body: { items: rows.map(agentView) } };
      },

      async enrollMachineAgent(request) {
        const { machineId } = request.params;
        const { tenantId } = request.caller;
        const keys = (request.body.allowedProviderKeys ?? []).map((key, index) =>
          providerKeyOf(key, `allowedProviderKeys.${index}`),
        );
        const found = await attempt(() => machines.confirmed(machineId, tenantId));
        const enrol = async (tx: Parameters<Parameters<typeof write>[1]>[0]) => {
          found();
          await machines.requireActive(tx.client, machineId, tenantId);
          const token = newAgentToken(ids);
          const row: AgentRow = {
            id: ids.next("magent"),
            tenant_id: tenantId,
            machine_id: machineId,
            label: request.body.label ?? "Machine agent",
            allowed_provider_keys: [...new Set(keys)],
            status: "provisioned",
            token_hash: agentTokenHash(token),
            token_last_four: token.slice(-4),
            last_seen_at: null,
            audited_at: null,
            revoked_at: null,
            created_at: tx.now,
            updated_at: tx.now,
          };
          await insertAgent(tx.client, row);
          tx.audit({
            type: "agent.enrolled",
            resourceType: "machine-agent",
            resourceId: row.id,
            machineId,
            payload: { after: { label: row.label, allowedProviderKeys: row.allowed_provider_keys } },
          });
          // Two published readers name it differently.
          return { ...agentView(row), provisioningToken: token, agentToken: token };
        };
        return item(await write(request, enrol, { secret: true }), 201);
      },

      /** Its endpoints end with it. Done twice it is still revoked. */
      async revokeMachineAgent(request) {
        const { machineId, agentId } = request.params;
        await write(request, async (tx) => {
          const row = await lockAgent(tx.client, agentId);
          if (row === undefined || row.machine_id !== machineId || row.tenant_id !== request.caller.tenantId)
            throw notFound("machine agent", agentId);
          if (row.status === "revoked") return null;
          await revokeAgentRow(tx.client, agentId, tx.now);
          const endpoints = await endLeasesOf(tx.client, agentId, tx.now);
          tx.audit({
            type: "agent.revoked",
            resourceType: "machine-agent",
            resourceId: agentId,
            machineId,
            payload: { before: { status: row.status }, after: { status: "revoked" }, endpoints },
          });
          return null;
        });
        return noContent;
      },
    },

    async liveEndpoint(machineId, providerKey) {
      const [row] = await findEndpoints(database.pool, machineId, [providerKey.toLowerCase()]);
      if (row === undefined || statusAt(row, clock.now()) === "unreachable") return null;
      return {
        id: row.id,
        baseUrl: row.endpoint_base_url,
        authType: row.auth_type,
        authToken:
          row.auth_token === null
            ? null
            : sealing.open(tokenSubject(row.machine_id, row.provider_key), row.auth_token),
        modelAlias: row.model_alias,
        networkScope: row.network_scope,
      };
    },

    async liveProvidersOf(client, machineIds) {
      const now = clock.now();
      const live = new Map<string, Set<string>>();
      for (const row of await findEndpointStates(client, machineIds))
        if (statusAt(row, now) !== "unreachable")
          live.set(row.machine_id, (live.get(row.machine_id) ?? new Set()).add(row.provider_key));
      return live;
    },

    async liveProviders(machineId) {
      const now = clock.now();
      const rows = await findEndpointsOf(database.pool, machineId);
      return new Set(
        rows.filter((row) => statusAt(row, now) !== "unreachable").map((row) => row.provider_key),
      );
    },
  };
}
