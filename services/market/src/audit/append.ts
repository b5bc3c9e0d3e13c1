import type { PoolClient } from "pg";
import type { Ids } from "../kit/ids.ts";
import { hashOf } from "./hash.ts";

/** Adds rows to the audit log: one hash chain per machine, one per tenant for what belongs to no machine. */

export type AuditEntry = {
  readonly actor: string;
  /** What happened, such as `order.created`. */
  readonly type: string;
  readonly resourceType: string;
  readonly resourceId: string;
  /** Null: the row goes to the tenant's chain. */
  readonly machineId: string | null;
  readonly tenantId: string;
  readonly requestId: string | null;
  /** Plain JSON without secrets; amounts as text. */
  readonly payload: Readonly<Record<string, unknown>>;
};

export const chainOf = (entry: Pick<AuditEntry, "machineId" | "tenantId">): string =>
  entry.machineId === null ? `tenant:${entry.tenantId}` : `machine:${entry.machineId}`;

/** The hash before the first row. */
export const genesis = "0".repeat(64);

/**
 * Appends in order. The chains' rows stay locked until the transaction ends, so two replicas cannot write the same
 * number; chains are taken in the order of their names, so that two transactions cannot wait for each other here.
 * Call it last in a transaction.
 */
export async function appendAudit(
  client: PoolClient,
  entries: readonly AuditEntry[],
  now: Date,
  ids: Ids,
): Promise<void> {
  const byChain = Map.groupBy(entries, chainOf);
  const chains = [...byChain.keys()].sort();
  const tenantOf = (chain: string) => byChain.get(chain)?.[0]?.tenantId;
  const { rows: heads } = await client.query<{
    chain: string;
    tenant_id: string;
    seq: number;
    hash: string;
  }>({
    name: "audit_chains",
    text: `insert into audit_chains (chain, tenant_id, seq, hash)
     select chain, tenant, added, '${genesis}'
     from unnest($1::text[], $2::text[], $3::bigint[]) as new (chain, tenant, added) order by chain
     on conflict (chain) do update set seq = audit_chains.seq + excluded.seq
     returning chain, tenant_id, seq, hash`,
    values: [chains, chains.map(tenantOf), chains.map((chain) => byChain.get(chain)?.length ?? 0)],
  });
  const createdAt = now.toISOString();
  const rows: {
    chain: string;
    seq: number;
    id: string;
    prev: string;
    hash: string;
    entry: AuditEntry;
    payload: string;
  }[] = [];
  const newHeads: { chain: string; hash: string }[] = [];
  for (const head of heads) {
    const list = byChain.get(head.chain) ?? [];
    let prev = head.hash;
    let seq = Number(head.seq) - list.length;
    for (const given of list) {
      // Workers write without knowing the tenant: a machine's rows belong to whoever its chain began with.
      const entry = { ...given, tenantId: head.tenant_id };
      seq++;
      const id = ids.next("aud");
      const payload = JSON.stringify(entry.payload);
      const hash = hashOf({ ...entry, chain: head.chain, seq, id, prev, createdAt, payload });
      rows.push({ chain: head.chain, seq, id, prev, hash, entry, payload });
      prev = hash;
    }
    newHeads.push({ chain: head.chain, hash: prev });
  }
  const column = <T>(pick: (row: (typeof rows)[number]) => T) => rows.map(pick);
  await Promise.all([
    client.query({
      name: "audit_events",
      text: `insert into audit_events (chain, seq, id, tenant_id, machine_id, actor, type, resource_type, resource_id,
         request_id, payload, prev, hash, created_at)
       select *, $14::timestamptz from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
         $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])`,
      values: [
        column((row) => row.chain),
        column((row) => row.seq),
        column((row) => row.id),
        column((row) => row.entry.tenantId),
        column((row) => row.entry.machineId),
        column((row) => row.entry.actor),
        column((row) => row.entry.type),
        column((row) => row.entry.resourceType),
        column((row) => row.entry.resourceId),
        column((row) => row.entry.requestId),
        column((row) => row.payload),
        column((row) => row.prev),
        column((row) => row.hash),
        now,
      ],
    }),
    client.query({
      name: "audit_heads",
      text: `update audit_chains set hash = new.hash
       from unnest($1::text[], $2::text[]) as new (chain, hash) where audit_chains.chain = new.chain`,
      values: [newHeads.map((head) => head.chain), newHeads.map((head) => head.hash)],
    }),
  ]);
}
