import type { Pool, PoolClient } from "pg";
import { chainOf } from "./append.ts";
import type { Head, SignedHead } from "./heads.ts";
import type { ChainRow } from "./verify.ts";

/** Statements on the audit log, beyond appending. */

type Queries = Pick<Pool | PoolClient, "query">;

export type EventRow = {
  readonly chain: string;
  readonly seq: number;
  readonly id: string;
  readonly machine_id: string | null;
  readonly actor: string;
  readonly type: string;
  readonly resource_type: string;
  readonly resource_id: string;
  readonly request_id: string | null;
  readonly payload: string;
  readonly created_at: Date;
  readonly cursor_at: string;
};

export type EventFilter = {
  readonly tenantId: string;
  readonly machineId: string | null;
  readonly resourceType: string | null;
  readonly before: { readonly createdAt: string; readonly chain: string; readonly seq: number } | null;
  readonly limit: number;
};

const eventColumns = `chain, seq, id, machine_id, actor, type, resource_type, resource_id, request_id, payload, created_at,
       to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as cursor_at`;

/** Newest first; rows of one time in the order their chain has them. A machine's rows are its chain. */
export async function selectEvents(queries: Queries, filter: EventFilter): Promise<EventRow[]> {
  const { before, machineId } = filter;
  const { rows } =
    machineId === null
      ? await queries.query<EventRow>(
          `select ${eventColumns}
           from audit_events
           where tenant_id = $1 and ($2::text is null or resource_type = $2)
             and ($3::timestamptz is null or created_at <= $3
               and (created_at < $3 or chain > $4 or (chain = $4 and seq < $5)))
           order by created_at desc, chain, seq desc limit $6`,
          [
            filter.tenantId,
            filter.resourceType,
            before?.createdAt ?? null,
            before?.chain ?? null,
            before?.seq ?? null,
            filter.limit,
          ],
        )
      : await queries.query<EventRow>(
          `select ${eventColumns}
           from audit_events
           where chain = $2 and tenant_id = $1 and ($3::text is null or resource_type = $3)
             and ($4::bigint is null or seq < $4)
           order by seq desc limit $5`,
          [
            filter.tenantId,
            chainOf({ machineId, tenantId: filter.tenantId }),
            filter.resourceType,
            before?.seq ?? null,
            filter.limit,
          ],
        );
  return rows;
}

/** Chains of a tenant by name, those whose head was removed included. */
export async function selectChains(
  queries: Queries,
  tenantId: string,
  only: string | null,
): Promise<{ chain: string; seq: number | null; hash: string | null }[]> {
  const { rows } = await queries.query<{ chain: string; seq: number | null; hash: string | null }>(
    `select chain, seq, hash from audit_chains where tenant_id = $1 and ($2::text is null or chain = $2)
     union all
     select distinct chain, null::bigint, null from audit_events e
     where tenant_id = $1 and ($2::text is null or chain = $2)
       and not exists (select from audit_chains c where c.chain = e.chain)
     order by chain`,
    [tenantId, only],
  );
  return rows;
}

const pageSize = 2_000;

/** All rows of a chain by seq, a page at a time. */
export async function* rowsOf(queries: Queries, chain: string): AsyncGenerator<ChainRow> {
  for (let after = -1; ; ) {
    const { rows } = await queries.query<Omit<ChainRow, "createdAt"> & { createdAt: Date }>(
      `select chain, seq, id, prev, hash, tenant_id as "tenantId", machine_id as "machineId", actor, type,
         resource_type as "resourceType", resource_id as "resourceId", request_id as "requestId", payload,
         created_at as "createdAt"
       from audit_events where chain = $1 and seq > $2 order by seq limit ${pageSize}`,
      [chain, after],
    );
    for (const row of rows) yield { ...row, createdAt: row.createdAt.toISOString() };
    if (rows.length < pageSize) return;
    after = rows.at(-1)!.seq;
  }
}

export async function headsOf(queries: Queries, chain: string): Promise<SignedHead[]> {
  const { rows } = await queries.query<SignedHead>(
    `select chain, seq, hash, signed_at as "signedAt", key_id as "keyId", signature
     from audit_signed_heads where chain = $1 order by seq`,
    [chain],
  );
  return rows;
}

/** Ends of chains that grew since this key signed them last. */
export async function unsignedHeads(queries: Queries, keyId: string, limit: number): Promise<Head[]> {
  const { rows } = await queries.query<Head>(
    `select chain, seq, hash from audit_chains c
     where not exists (
       select from audit_signed_heads h where h.chain = c.chain and h.seq = c.seq and h.key_id = $1)
     order by chain limit $2`,
    [keyId, limit],
  );
  return rows;
}

export async function insertHeads(queries: Queries, heads: readonly SignedHead[]): Promise<void> {
  await queries.query(
    `insert into audit_signed_heads (chain, seq, hash, signed_at, key_id, signature)
     select * from unnest($1::text[], $2::bigint[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
     on conflict (chain, seq) do update
       set hash = excluded.hash, signed_at = excluded.signed_at, key_id = excluded.key_id,
         signature = excluded.signature`,
    [
      heads.map((head) => head.chain),
      heads.map((head) => head.seq),
      heads.map((head) => head.hash),
      heads.map((head) => head.signedAt),
      heads.map((head) => head.keyId),
      heads.map((head) => head.signature),
    ],
  );
}
