import { attempt } from "../kit/attempt.ts";
import { invalid, notFound } from "../kit/errors.ts";
import { item, type MarketHandlers, noContent } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { pageOf, readCursor } from "../kit/paging.ts";
import type { Machines } from "../machines/machines.ts";
import { createEndpointRows, type EndpointOrigin, providerKeyOf } from "./endpoint.ts";
import {
  deleteEndpoint,
  type EndpointRow,
  endpointView,
  findEndpoints,
  listEndpointRows,
  upsertEndpoint,
} from "./endpoint-store.ts";

/** Runtime endpoints as the operator handles them. The machine must be active and confirmed for all of it. */

/** What an audit row shows of an endpoint. */
export const auditedEndpoint = (row: EndpointRow) => ({
  providerKey: row.provider_key,
  source: row.source,
  agentId: row.agent_id,
  endpointBaseUrl: row.endpoint_base_url,
  authType: row.auth_type,
  hasAuthToken: row.auth_token !== null,
  networkScope: row.network_scope,
  status: row.status,
});

/** A lease set by hand may not be longer than this. */
const maxLeaseMs = 366 * 86_400_000;

function leaseOf(text: string | undefined, now: Date): Date | null {
  if (text === undefined) return null;
  const lease = new Date(text);
  if (lease.getTime() <= now.getTime() || lease.getTime() > now.getTime() + maxLeaseMs)
    throw invalid("leaseExpiresAt", "must lie in the future, within a year", { leaseExpiresAt: text });
  return lease;
}

export function createEndpointHandlers(
  market: Market,
  { machines }: { machines: Machines },
): MarketHandlers<
  "listRuntimeEndpoints" | "getRuntimeEndpoint" | "upsertRuntimeEndpoint" | "deleteRuntimeEndpoint"
> {
  const { database, clock, write } = market;
  const rows = createEndpointRows(market);

  return {
    async listRuntimeEndpoints({ params, query, caller }) {
      await machines.confirmed(params.machineId, caller.tenantId);
      const now = clock.now();
      const list = await listEndpointRows(
        database.pool,
        caller.tenantId,
        params.machineId,
        readCursor(query.cursor),
        query.limit + 1,
      );
      const body = pageOf(
        list,
        query.limit,
        (row) => ({ createdAt: row.at, id: row.id }),
        (row) => endpointView(row, now),
      );
      return { status: 200, body };
    },

    async getRuntimeEndpoint({ params, caller }) {
      await machines.confirmed(params.machineId, caller.tenantId);
      const key = providerKeyOf(params.providerKey, "providerKey");
      const [row] = await findEndpoints(database.pool, params.machineId, [key]);
      if (row === undefined) throw notFound("runtime endpoint", key);
      return item(endpointView(row, clock.now()));
    },

    async upsertRuntimeEndpoint(request) {
      const { machineId } = request.params;
      const { tenantId } = request.caller;
      const { status, leaseExpiresAt, ...input } = request.body;
      const found = await attempt(async () => {
        const key = providerKeyOf(request.params.providerKey, "providerKey");
        await machines.confirmed(machineId, tenantId);
        const now = clock.now();
        const origin: EndpointOrigin = {
          tenant_id: tenantId,
          machine_id: machineId,
          agent_id: null,
          provider_key: key,
          source: "manual",
          lease_expires_at: leaseOf(leaseExpiresAt, now),
        };
        const [before] = await findEndpoints(database.pool, machineId, [key]);
        const draft = rows.draft(input, origin, before, now, "");
        // An operator who says how it stands knows better than a probe.
        return status === undefined ? rows.probed(draft, now, "") : { ...draft, status };
      });
      const result = await write(request, async (tx) => {
        const draft = found();
        await machines.requireActive(tx.client, machineId, tenantId);
        const { row, isNew } = await upsertEndpoint(tx.client, { ...draft, updated_at: tx.now });
        tx.audit({
          type: "endpoint.upserted",
          resourceType: "runtime-endpoint",
          resourceId: row.id,
          machineId,
          payload: { after: auditedEndpoint(row) },
        });
        return { view: endpointView(row, tx.now), isNew };
      });
      return item(result.view, result.isNew ? 201 : 200);
    },

    async deleteRuntimeEndpoint(request) {
      const { machineId } = request.params;
      const { tenantId } = request.caller;
      const found = await attempt(async () => {
        const key = providerKeyOf(request.params.providerKey, "providerKey");
        await machines.confirmed(machineId, tenantId);
        return key;
      });
      await write(request, async (tx) => {
        const key = found();
        const row = await deleteEndpoint(tx.client, tenantId, machineId, key);
        if (row === undefined) throw notFound("runtime endpoint", key);
        tx.audit({
          type: "endpoint.deleted",
          resourceType: "runtime-endpoint",
          resourceId: row.id,
          machineId,
          payload: { before: auditedEndpoint(row) },
        });
        return null;
      });
      return noContent;
    },
  };
}
