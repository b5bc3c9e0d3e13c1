import type { pairingSchema } from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { Pool, PoolClient } from "pg";
import type { z } from "zod";
import type { Cursor } from "../kit/paging.ts";
import type { DelegationPolicy } from "./policy.ts";

/** Statements of the pairings. */

export type Pairing = z.output<typeof pairingSchema>;

export type PairingRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  /** Checksummed. */
  readonly agent_address: `0x${string}`;
  readonly agent_did: string;
  readonly agent_provider: string;
  readonly agent_role: string;
  readonly status: Pairing["status"];
  readonly description: string | null;
  readonly verification: Pairing["verification"];
  readonly policy: DelegationPolicy;
  readonly policy_hash: string;
  readonly session_id: string | null;
  readonly session_token_id: string | null;
  readonly token_hash: string | null;
  readonly token_last_four: string | null;
  readonly session_issued_at: Date | null;
  readonly session_expires_at: Date | null;
  readonly ended_session_id: string | null;
  readonly ended_reason: "delegation_policy_changed" | "revoked" | null;
  readonly created_at: Date;
  readonly updated_at: Date;
};

type Queryable = Pool | PoolClient;

const changing = [
  "agent_provider",
  "agent_role",
  "status",
  "description",
  "verification",
  "policy",
  "policy_hash",
  "session_id",
  "session_token_id",
  "token_hash",
  "token_last_four",
  "session_issued_at",
  "session_expires_at",
  "ended_session_id",
  "ended_reason",
  "updated_at",
] as const;
const columns = [
  "id",
  "tenant_id",
  "machine_id",
  "agent_address",
  "agent_did",
  ...changing,
  "created_at",
] as const;
const list = columns.join(", ");
const json: ReadonlySet<string> = new Set(["verification", "policy"]);

const parameterOf = (row: PairingRow, column: (typeof columns)[number]): unknown => {
  const value = row[column];
  return json.has(column) && value !== null ? JSON.stringify(value) : value;
};

export async function findPairing(
  client: Queryable,
  tenantId: string,
  id: string,
): Promise<PairingRow | undefined> {
  const { rows } = await guarded(() =>
    client.query<PairingRow>({
      name: "find_pairing",
      text: `select ${list} from agent_pairings where id = $1 and tenant_id = $2`,
      values: [id, tenantId],
    }),
  );
  return rows[0];
}

/** Whether an address, in lower case, is that of an agent which was ever paired with a machine. */
export async function isAgentAddress(client: Queryable, address: string): Promise<boolean> {
  const { rows } = await client.query<{ known: boolean }>(
    "select exists (select from agent_pairings where lower(agent_address) = $1) as known",
    [address],
  );
  return rows[0]?.known === true;
}

/** Held until the transaction ends. */
export async function lockPairing(
  client: PoolClient,
  tenantId: string,
  id: string,
  mode: "update" | "share",
): Promise<PairingRow | undefined> {
  const { rows } = await client.query<PairingRow>({
    name: `lock_pairing_${mode}`,
    text: `select ${list} from agent_pairings where id = $1 and tenant_id = $2 for ${mode}`,
    values: [id, tenantId],
  });
  return rows[0];
}

export async function listPairingRows(
  client: Queryable,
  machineId: string,
  tenantId: string,
  after: Cursor | null,
  limit: number,
): Promise<(PairingRow & { readonly at: string })[]> {
  const { rows } = await guarded(() =>
    client.query<PairingRow & { at: string }>(
      `select ${list}, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
       from agent_pairings
       where machine_id = $1 and tenant_id = $2 and ($3::timestamptz is null or (created_at, id) < ($3, $4))
       order by created_at desc, id desc limit $5`,
      [machineId, tenantId, after?.createdAt ?? null, after?.id ?? null, limit],
    ),
  );
  return rows;
}

export async function insertPairing(client: PoolClient, row: PairingRow): Promise<void> {
  await client.query(
    `insert into agent_pairings (${list}) values (${columns.map((_, index) => `$${index + 1}`).join(", ")})`,
    columns.map((column) => parameterOf(row, column)),
  );
}

/** The row must be locked. */
export async function updatePairingRow(client: PoolClient, row: PairingRow): Promise<void> {
  await client.query(
    `update agent_pairings set ${changing.map((column, index) => `${column} = $${index + 2}`).join(", ")} where id = $1`,
    [row.id, ...changing.map((column) => parameterOf(row, column))],
  );
}
