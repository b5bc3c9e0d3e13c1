import type { PoolClient } from "pg";

export type NewJob = {
  /** Names the handler: `payment.verify`, `order.execute`. */
  readonly kind: string;
  readonly machineId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Default: at once. */
  readonly runAt?: Date;
};

export type Job = {
  readonly id: string;
  readonly kind: string;
  readonly machineId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  /** 1 at the first run. */
  readonly attempts: number;
};

export async function insertJobs(
  client: PoolClient,
  jobs: readonly (NewJob & { id: string })[],
  now: Date,
): Promise<void> {
  await client.query(
    `insert into jobs (id, kind, machine_id, payload, run_at, created_at)
     select id, kind, machine_id, payload, run_at, $6
     from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::timestamptz[])
       as new (id, kind, machine_id, payload, run_at)`,
    [
      jobs.map((job) => job.id),
      jobs.map((job) => job.kind),
      jobs.map((job) => job.machineId),
      jobs.map((job) => JSON.stringify(job.payload)),
      jobs.map((job) => job.runAt ?? now),
      now,
    ],
  );
}
