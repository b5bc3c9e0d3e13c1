import type { PoolClient } from "pg";
import { type AuditEntry, appendAudit } from "../audit/append.ts";
import { insertJobs, type NewJob } from "../jobs/store.ts";
import { actorOf, type Caller } from "./caller.ts";
import { fail } from "./errors.ts";
import type { Ids } from "./ids.ts";
import type { WriteTx } from "./write.ts";

/** What a write and a batch of writes have in common. */

/** How often a transaction is begun that loses against others. */
export const maxAttempts = 5;

/** What a request leaves to the end of its transaction. */
export type Left = { readonly entries: AuditEntry[]; readonly jobs: (NewJob & { readonly id: string })[] };

/** The transaction as the request's work sees it, and what the work leaves in it. */
export function openTx(
  client: PoolClient,
  now: Date,
  caller: Caller,
  requestId: string | null,
  ids: Ids,
): { readonly tx: WriteTx; readonly left: Left } {
  const left: Left = { entries: [], jobs: [] };
  const tx: WriteTx = {
    client,
    now,
    caller,
    requestId,
    audit: (entry) =>
      left.entries.push({ actor: actorOf(caller), requestId, tenantId: caller.tenantId, ...entry }),
    enqueue: (job) => {
      const id = `job_${ids.bytes(8).toString("hex")}`;
      left.jobs.push({ ...job, id });
      return id;
    },
  };
  return { tx, left };
}

/**
 * Writes what was left: jobs, and the audit rows last, so that their chains are locked as short as can be.
 *
 * @returns whether there are jobs to wake the workers for.
 */
export async function writeLeft(
  client: PoolClient,
  now: Date,
  { entries, jobs }: Left,
  ids: Ids,
): Promise<boolean> {
  await Promise.all([
    jobs.length > 0 ? insertJobs(client, jobs, now) : undefined,
    entries.length > 0 ? appendAudit(client, entries, now, ids) : undefined,
  ]);
  return jobs.length > 0;
}

/** The same `Idempotency-Key` came with another request. */
export const keyReused = () =>
  fail("CONFLICT", "this Idempotency-Key was used for another request", { reason: "idempotency_key_reused" });
