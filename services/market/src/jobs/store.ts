import type { PoolClient } from "pg";

export type NewJob = {
  /** Names the handler: `payment.verify`, `order.execute`. */
  readonly kind: string;
  readonly machineId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Default: at once. */
  readonly runAt?: Date;
  /**
   * What the handler would read first, for the case that this process begins the job itself right after the commit.
   * Never stored: the handler must be able to read it.
   */
  readonly known?: unknown;
};

export type Job = {
  readonly id: string;
  readonly kind: string;
  readonly machineId: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  /** 1 at the first run. */
  readonly attempts: number;
  /** See NewJob. */
  readonly known?: unknown;
};

/** A job as it is inserted; with a lease it belongs to the process that makes it, which begins it after the commit. */
export type MadeJob = NewJob & { readonly id: string; readonly leasedUntil: Date | null };

export async function insertJobs(client: PoolClient, jobs: readonly MadeJob[], now: Date): Promise<void> {
  await client.query({
    name: "insert_jobs",
    text: `insert into jobs (id, kind, machine_id, payload, run_at, locked_until, attempts, created_at)
     select id, kind, machine_id, payload, run_at, leased, case when leased is null then 0 else 1 end, $7
     from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::timestamptz[], $6::timestamptz[])
       as new (id, kind, machine_id, payload, run_at, leased)`,
    values: [
      jobs.map((job) => job.id),
      jobs.map((job) => job.kind),
      jobs.map((job) => job.machineId),
      jobs.map((job) => JSON.stringify(job.payload)),
      jobs.map((job) => (job.runAt ?? now).toISOString()),
      jobs.map((job) => job.leasedUntil?.toISOString() ?? null),
      now,
    ],
  });
}

type Queryable = Pick<PoolClient, "query">;

/** Jobs are done. One statement, so that what is heard of (their ids, a space between) is there to be read. */
export async function writeResults(
  client: Queryable,
  list: readonly { readonly id: string; readonly result: unknown }[],
  now: Date,
  channel: string,
): Promise<void> {
  const ids = list.map(({ id }) => id);
  await client.query({
    name: "job_results",
    text: `with done as (
       update jobs set done_at = $3, result = new.result, locked_until = null
       from unnest($1::text[], $2::jsonb[]) as new (id, result) where jobs.id = new.id and done_at is null)
     select pg_notify($4, $5)`,
    values: [ids, list.map(({ result }) => JSON.stringify(result ?? null)), now, channel, ids.join(" ")],
  });
}

/** Jobs come again later, where nobody else has taken them meanwhile. */
export async function postpone(
  client: Queryable,
  list: readonly { readonly id: string; readonly attempts: number; readonly at: Date }[],
): Promise<void> {
  await client.query({
    name: "postpone_jobs",
    text: `update jobs set run_at = new.at, locked_until = null
     from unnest($1::text[], $2::int[], $3::timestamptz[]) as new (id, attempts, at)
     where jobs.id = new.id and jobs.attempts = new.attempts and done_at is null`,
    values: [
      list.map(({ id }) => id),
      list.map(({ attempts }) => attempts),
      list.map(({ at }) => at.toISOString()),
    ],
  });
}

/** Takes due jobs that nobody has, or whose holder's lease is over, for as long as the lease says. */
export async function takeJobs(
  client: Queryable,
  want: { readonly kinds: readonly string[]; readonly count: number; readonly but: readonly string[] },
  now: Date,
  leasedUntil: Date,
): Promise<Job[]> {
  const { rows } = await client.query<Omit<Job, "machineId"> & { machine_id: string | null }>({
    name: "take_jobs",
    text: `update jobs set attempts = attempts + 1, locked_until = $2
     where id in (
       select id from jobs
       where done_at is null and run_at <= $1 and (locked_until is null or locked_until < $1) and kind = any($3)
         and id <> all($5)
       order by run_at limit $4 for update skip locked)
     returning id, kind, machine_id, payload, attempts`,
    values: [now, leasedUntil, want.kinds, want.count, want.but],
  });
  return rows.map(({ machine_id, ...row }) => ({ ...row, machineId: machine_id }));
}

/** Only where nobody else has taken the job meanwhile: `attempts` tells. */
export async function renewLeases(client: Queryable, held: readonly Job[], leasedUntil: Date): Promise<void> {
  await client.query({
    name: "renew_leases",
    text: `update jobs set locked_until = $3
     from unnest($1::text[], $2::int[]) as held (id, attempts)
     where jobs.id = held.id and jobs.attempts = held.attempts and jobs.done_at is null
       and jobs.locked_until is not null`,
    values: [held.map((job) => job.id), held.map((job) => job.attempts), leasedUntil],
  });
}

export async function readResult(
  client: Queryable,
  jobId: string,
): Promise<{ readonly done: boolean; readonly result: unknown }> {
  const { rows } = await client.query<{ done: boolean; result: unknown }>({
    name: "job_result",
    text: "select done_at is not null as done, result from jobs where id = $1",
    values: [jobId],
  });
  return rows[0] ?? { done: false, result: undefined };
}
