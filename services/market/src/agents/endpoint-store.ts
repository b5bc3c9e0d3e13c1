import type { runtimeEndpointSchema } from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { Pool, PoolClient } from "pg";
import type { z } from "zod";
import type { Cursor } from "../kit/paging.ts";

/** Statements of the runtime endpoints. */

export type RuntimeEndpoint = z.output<typeof runtimeEndpointSchema>;

export type EndpointRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  readonly agent_id: string | null;
  readonly provider_key: string;
  readonly source: RuntimeEndpoint["source"];
  readonly label: string;
  readonly endpoint_base_url: string;
  readonly auth_type: RuntimeEndpoint["authType"];
  /** Sealed. */
  readonly auth_token: string | null;
  readonly model_alias: string | null;
  readonly network_scope: RuntimeEndpoint["networkScope"];
  readonly probe_path: string;
  readonly status: RuntimeEndpoint["status"];
  readonly lease_expires_at: Date | null;
  readonly last_checked_at: Date | null;
  readonly last_healthy_at: Date | null;
  readonly last_probe_error: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
};

type Queryable = Pick<Pool | PoolClient, "query">;

const changing = [
  "agent_id",
  "source",
  "label",
  "endpoint_base_url",
  "auth_type",
  "auth_token",
  "model_alias",
  "network_scope",
  "probe_path",
  "status",
  "lease_expires_at",
  "last_checked_at",
  "last_healthy_at",
  "last_probe_error",
  "updated_at",
] as const;
const columns = ["id", "tenant_id", "machine_id", "provider_key", ...changing, "created_at"] as const;
const list = columns.join(", ");

export async function findEndpoints(
  client: Queryable,
  machineId: string,
  providerKeys: readonly string[],
): Promise<EndpointRow[]> {
  const { rows } = await guarded(() =>
    client.query<EndpointRow>(
      `select ${list} from runtime_endpoints where machine_id = $1 and provider_key = any($2) order by provider_key`,
      [machineId, providerKeys],
    ),
  );
  return rows;
}

/** Of any provider: what the search ranks with. */
export async function findEndpointsOf(client: Queryable, machineId: string): Promise<EndpointRow[]> {
  const { rows } = await guarded(() =>
    client.query<EndpointRow>(
      `select ${list} from runtime_endpoints where machine_id = $1 order by provider_key limit 1000`,
      [machineId],
    ),
  );
  return rows;
}

/** Those of many machines in one read: provider, status and lease alone. */
export async function findEndpointStates(
  client: Queryable,
  machineIds: readonly string[],
): Promise<Pick<EndpointRow, "machine_id" | "provider_key" | "status" | "lease_expires_at">[]> {
  const { rows } = await guarded(() =>
    client.query<Pick<EndpointRow, "machine_id" | "provider_key" | "status" | "lease_expires_at">>({
      name: "find_endpoint_states",
      text: `select machine_id, provider_key, status, lease_expires_at from runtime_endpoints
        where machine_id = any($1)`,
      values: [machineIds],
    }),
  );
  return rows;
}

export async function listEndpointRows(
  client: Queryable,
  tenantId: string,
  machineId: string,
  after: Cursor | null,
  limit: number,
): Promise<(EndpointRow & { readonly at: string })[]> {
  const { rows } = await guarded(() =>
    client.query<EndpointRow & { at: string }>(
      `select ${list}, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
       from runtime_endpoints
       where machine_id = $1 and tenant_id = $2 and ($3::timestamptz is null or (created_at, id) < ($3, $4))
       order by created_at desc, id desc limit $5`,
      [machineId, tenantId, after?.createdAt ?? null, after?.id ?? null, limit],
    ),
  );
  return rows;
}

/** @returns the row as it is now, and whether it is new. */
export async function upsertEndpoint(
  client: PoolClient,
  row: EndpointRow,
): Promise<{ row: EndpointRow; isNew: boolean }> {
  const { rows } = await client.query<EndpointRow & { is_new: boolean }>(
    `insert into runtime_endpoints (${list}) values (${columns.map((_, index) => `$${index + 1}`).join(", ")})
     on conflict (machine_id, provider_key) do update set
       ${changing.map((column) => `${column} = excluded.${column}`).join(", ")}
     returning ${list}, id = $1 as is_new`,
    columns.map((column) => row[column]),
  );
  const [saved] = rows;
  if (saved === undefined) throw new Error("an upsert returned no row");
  const { is_new: isNew, ...rest } = saved;
  return { row: rest, isNew };
}

export async function deleteEndpoint(
  client: PoolClient,
  tenantId: string,
  machineId: string,
  providerKey: string,
): Promise<EndpointRow | undefined> {
  const { rows } = await client.query<EndpointRow>(
    `delete from runtime_endpoints where machine_id = $1 and tenant_id = $2 and provider_key = $3 returning ${list}`,
    [machineId, tenantId, providerKey],
  );
  return rows[0];
}

/** What a revoked agent had named is not used any more. */
export async function endLeasesOf(client: PoolClient, agentId: string, now: Date): Promise<string[]> {
  const { rows } = await client.query<{ provider_key: string }>(
    `update runtime_endpoints set status = 'unreachable', lease_expires_at = $2, updated_at = $2,
       last_probe_error = 'the agent was revoked'
     where agent_id = $1 returning provider_key`,
    [agentId, now],
  );
  return rows.map((row) => row.provider_key).sort();
}

/** Past its lease an endpoint is unreachable, whatever the last probe said. */
export function statusAt(
  row: Pick<EndpointRow, "status" | "lease_expires_at">,
  now: Date,
): RuntimeEndpoint["status"] {
  return row.lease_expires_at !== null && row.lease_expires_at.getTime() <= now.getTime()
    ? "unreachable"
    : row.status;
}

export function endpointView(row: EndpointRow, now: Date): RuntimeEndpoint {
  return {
    id: row.id,
    machineId: row.machine_id,
    agentId: row.agent_id,
    providerKey: row.provider_key,
    source: row.source,
    label: row.label,
    endpointBaseUrl: row.endpoint_base_url,
    authType: row.auth_type,
    hasAuthToken: row.auth_token !== null,
    modelAlias: row.model_alias,
    networkScope: row.network_scope,
    probePath: row.probe_path,
    status: statusAt(row, now),
    leaseExpiresAt: row.lease_expires_at?.toISOString() ?? null,
    lastCheckedAt: row.last_checked_at?.toISOString() ?? null,
    lastHealthyAt: row.last_healthy_at?.toISOString() ?? null,
    lastProbeError: row.last_probe_error,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
