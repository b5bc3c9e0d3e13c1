import type { machineAgentSchema } from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { Pool, PoolClient } from "pg";
import type { z } from "zod";

/** Statements of the machine agents. */

export type MachineAgent = z.output<typeof machineAgentSchema>;

export type AgentRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  readonly label: string;
  readonly allowed_provider_keys: string[];
  readonly status: MachineAgent["status"];
  readonly token_hash: string;
  readonly token_last_four: string;
  readonly last_seen_at: Date | null;
  readonly audited_at: Date | null;
  readonly revoked_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
};

type Queryable = Pick<Pool | PoolClient, "query">;

const columns = [
  "id",
  "tenant_id",
  "machine_id",
  "label",
  "allowed_provider_keys",
  "status",
  "token_hash",
  "token_last_four",
  "last_seen_at",
  "audited_at",
  "revoked_at",
  "created_at",
  "updated_at",
] as const;
const list = columns.join(", ");

/** By id alone: the heartbeat says which machine it is of, and carries no tenant. */
export async function findAgent(client: Queryable, id: string): Promise<AgentRow | undefined> {
  const { rows } = await guarded(() =>
    client.query<AgentRow>(`select ${list} from machine_agents where id = $1`, [id]),
  );
  return rows[0];
}

export async function lockAgent(client: PoolClient, id: string): Promise<AgentRow | undefined> {
  const { rows } = await client.query<AgentRow>(
    `select ${list} from machine_agents where id = $1 for update`,
    [id],
  );
  return rows[0];
}

/** Newest first; a machine has few, and the published client asks for no pages. */
export async function listAgentRows(
  client: Queryable,
  tenantId: string,
  machineId: string,
  limit: number,
): Promise<AgentRow[]> {
  const { rows } = await guarded(() =>
    client.query<AgentRow>(
      `select ${list} from machine_agents where machine_id = $1 and tenant_id = $2
       order by created_at desc, id desc limit $3`,
      [machineId, tenantId, limit],
    ),
  );
  return rows;
}

export async function insertAgent(client: PoolClient, row: AgentRow): Promise<void> {
  await client.query(
    `insert into machine_agents (${list}) values (${columns.map((_, index) => `$${index + 1}`).join(", ")})`,
    columns.map((column) => row[column]),
  );
}

export async function revokeAgentRow(client: PoolClient, id: string, now: Date): Promise<void> {
  await client.query(
    "update machine_agents set status = 'revoked', revoked_at = $2, updated_at = $2 where id = $1",
    [id, now],
  );
}

/** A heartbeat has come. */
export async function seeAgent(client: PoolClient, id: string, now: Date, audited: boolean): Promise<void> {
  await client.query(
    `update machine_agents set status = 'active', last_seen_at = $2, updated_at = $2,
       audited_at = case when $3 then $2 else audited_at end where id = $1`,
    [id, now, audited],
  );
}

export function agentView(row: AgentRow): MachineAgent {
  return {
    id: row.id,
    machineId: row.machine_id,
    label: row.label,
    allowedProviderKeys: row.allowed_provider_keys,
    status: row.status,
    lastSeenAt: row.last_seen_at?.toISOString() ?? null,
    provisioningToken: null,
    tokenLastFour: row.token_last_four,
    revokedAt: row.revoked_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
