import type { PlatformScope } from "@peaqos/protocol/market";
import type { Pool, PoolClient } from "pg";
import type { Cursor } from "../kit/paging.ts";

/** Statements on platform keys. */

export type KeyRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly name: string;
  readonly hash: string;
  readonly last_four: string;
  readonly scopes: PlatformScope[];
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
  readonly replaced_by: string | null;
};

const columns = `id, tenant_id, name, hash, last_four, scopes, created_at, expires_at, last_used_at, revoked_at,
  replaced_by`;

export async function keyByHash(pool: Pool, hash: string): Promise<KeyRow | undefined> {
  const { rows } = await pool.query<KeyRow>(`select ${columns} from platform_keys where hash = $1`, [hash]);
  return rows[0];
}

/** Locks the key until the transaction ends. */
export async function lockKey(client: PoolClient, tenantId: string, id: string): Promise<KeyRow | undefined> {
  const { rows } = await client.query<KeyRow>(
    `select ${columns} from platform_keys where tenant_id = $1 and id = $2 for update`,
    [tenantId, id],
  );
  return rows[0];
}

export async function listKeys(
  pool: Pool,
  tenantId: string,
  cursor: Cursor | null,
  limit: number,
): Promise<(KeyRow & { cursor_at: string })[]> {
  const { rows } = await pool.query<KeyRow & { cursor_at: string }>(
    `select ${columns}, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as cursor_at
     from platform_keys
     where tenant_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3))
     order by created_at desc, id desc limit $4`,
    [tenantId, cursor?.createdAt ?? null, cursor?.id ?? null, limit + 1],
  );
  return rows;
}

export type NewKey = Pick<KeyRow, "id" | "tenant_id" | "name" | "hash" | "last_four" | "expires_at"> & {
  readonly scopes: readonly PlatformScope[];
  readonly rotated_from: string | null;
};

export async function insertKey(client: PoolClient, key: NewKey, now: Date): Promise<KeyRow> {
  const { rows } = await client.query<KeyRow>(
    `insert into platform_keys (id, tenant_id, name, hash, last_four, scopes, created_at, expires_at, rotated_from)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${columns}`,
    [
      key.id,
      key.tenant_id,
      key.name,
      key.hash,
      key.last_four,
      key.scopes,
      now,
      key.expires_at,
      key.rotated_from,
    ],
  );
  return rows[0]!;
}

/** The key ends at `expiresAt`, another stands in its place. */
export async function replaceKey(
  client: PoolClient,
  id: string,
  replacedBy: string,
  expiresAt: Date,
): Promise<void> {
  await client.query("update platform_keys set replaced_by = $2, expires_at = $3 where id = $1", [
    id,
    replacedBy,
    expiresAt,
  ]);
}

export async function revokeKey(client: PoolClient, id: string, now: Date): Promise<void> {
  await client.query("update platform_keys set revoked_at = $2 where id = $1", [id, now]);
}

/** To the minute, so that a busy key does not write on each call. */
export async function touchKey(pool: Pool, id: string, now: Date): Promise<void> {
  await pool.query("update platform_keys set last_used_at = $2 where id = $1", [id, now]);
}
