import type { PoolClient } from "pg";
import { type AuditEntry, appendAudit } from "../audit/append.ts";
import type { JobStart } from "../jobs/jobs.ts";
import { insertJobs, type MadeJob } from "../jobs/store.ts";
import { actorOf, type Caller } from "./caller.ts";
import { fail } from "./errors.ts";
import type { Ids } from "./ids.ts";
import type { WriteTx } from "./write.ts";

/** What a write and a batch of writes have in common. */

/** How often a transaction is begun that loses against others. */
export const maxAttempts = 5;

/** What a request leaves to the end of its transaction. */
export type Left = { readonly entries: AuditEntry[]; readonly jobs: MadeJob[] };

/** The transaction as the request's work sees it, and what the work leaves in it. */
export function openTx(
  client: PoolClient,
  now: Date,
  caller: Caller,
  requestId: string | null,
  { ids, jobs }: { readonly ids: Ids; readonly jobs: JobStart },
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
      left.jobs.push({ ...job, id, leasedUntil: jobs.leaseFor(job, now) });
      return id;
    },
  };
  return { tx, left };
}

/** Writes what was left: jobs, and the audit rows last, so that their chains are locked as short as can be. */
export async function writeLeft(
  client: PoolClient,
  now: Date,
  { entries, jobs }: Left,
  ids: Ids,
): Promise<void> {
  await Promise.all([
    jobs.length > 0 ? insertJobs(client, jobs, now) : undefined,
    entries.length > 0 ? appendAudit(client, entries, now, ids) : undefined,
  ]);
}

/** The same `Idempotency-Key` came with another request. */
export const keyReused = () =>
  fail("CONFLICT", "this Idempotency-Key was used for another request", { reason: "idempotency_key_reused" });
