import { setTimeout as delay } from "node:timers/promises";
import { type Database, guarded, listen, type Metrics } from "@peaqos/service-kit";
import type { Logger } from "pino";
import type { Clock } from "../kit/clock.ts";
import { every, type Periodic } from "../kit/every.ts";
import type { Job } from "./store.ts";

/**
 * Runs jobs that transactions left behind. Any replica may take any job (`FOR UPDATE SKIP LOCKED`). A running job's
 * lease is renewed as long as its process lives; that of a dead one ends within seconds and the job is taken again, so
 * every handler must be safe to run twice.
 */

export type JobOutcome =
  /** Finished; `done` is kept as the job's result and must be JSON. */
  | { readonly done: unknown }
  /** Not yet: again at this time. */
  | { readonly again: Date };

export type JobHandler = (job: Job, signal: AbortSignal) => Promise<JobOutcome>;
export type JobHandlers = Readonly<Record<string, JobHandler>>;

export type Jobs = {
  /** Looks for work now: a transaction has left some. */
  wake(): void;
  /** The job's result, or undefined when it is not done within `timeoutMs`, wherever it runs. */
  waitFor(jobId: string, timeoutMs: number): Promise<unknown>;
  start(handlers: JobHandlers): Promise<void>;
  stop(): Promise<void>;
  /** Resolves when this process has no job under way and none is due. For tests. */
  idle(): Promise<void>;
};

export type JobsOptions = {
  readonly database: Database<unknown>;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly metrics?: Metrics;
  /** Run jobs here; otherwise only wait for those that others run. */
  readonly enabled: boolean;
  readonly pollMs: number;
  readonly leaseMs?: number;
  readonly concurrency?: number;
};

const channel = "market_jobs";
const defaultLeaseMs = 10_000;
/** Back-off after a handler threw: 0.2 s doubling to a minute. */
const backoff = (attempts: number) => Math.min(200 * 2 ** (attempts - 1), 60_000);

export function createJobs(options: JobsOptions): Jobs {
  const { database, logger, clock } = options;
  const leaseMs = options.leaseMs ?? defaultLeaseMs;
  const concurrency = options.concurrency ?? 32;
  const stopping = new AbortController();
  /** By job id. */
  const running = new Map<string, { job: Job; task: Promise<void> }>();
  const waiters = new Map<string, Set<() => void>>();
  let handlers: JobHandlers = {};
  let woken = Promise.withResolvers<void>();
  let loop: Promise<void> = Promise.resolve();
  let listener: { stop(): Promise<void> } | undefined;
  let renewal: Periodic | undefined;

  const leaseEnd = (now: Date) => new Date(now.getTime() + leaseMs);
  const tasks = () => [...running.values()].map(({ task }) => task);

  const ended = options.metrics?.counter("market_jobs_total", "Runs of jobs by kind and end", [
    "kind",
    "end",
  ]);
  options.metrics?.gauge("market_jobs_running", "Jobs under way in this process", () => running.size);

  const wake = () => woken.resolve();
  const tell = (jobId: string) => {
    for (const waiter of waiters.get(jobId) ?? []) waiter();
  };

  async function take(count: number): Promise<Job[]> {
    const now = clock.now();
    const { rows } = await guarded(() =>
      database.pool.query<{
        id: string;
        kind: string;
        machine_id: string | null;
        payload: Record<string, unknown>;
        attempts: number;
      }>(
        `update jobs set attempts = attempts + 1, locked_until = $2
         where id in (
           select id from jobs
           where done_at is null and run_at <= $1 and (locked_until is null or locked_until < $1) and kind = any($3)
             and id <> all($5)
           order by run_at limit $4 for update skip locked)
         returning id, kind, machine_id, payload, attempts`,
        [now, leaseEnd(now), Object.keys(handlers), count, [...running.keys()]],
      ),
    );
    return rows.map(({ machine_id, ...row }) => ({ ...row, machineId: machine_id }));
  }

  /** Only where nobody else has taken the job meanwhile: `attempts` tells. */
  async function renew(): Promise<void> {
    const held = [...running.values()].map(({ job }) => job);
    if (held.length === 0) return;
    await database.pool.query(
      `update jobs set locked_until = $3
       from unnest($1::text[], $2::int[]) as held (id, attempts)
       where jobs.id = held.id and jobs.attempts = held.attempts and jobs.done_at is null
         and jobs.locked_until is not null`,
      [held.map((job) => job.id), held.map((job) => job.attempts), leaseEnd(clock.now())],
    );
  }

  async function finish(job: Job, outcome: JobOutcome): Promise<void> {
    if ("again" in outcome) {
      await database.pool.query(
        `update jobs set run_at = $2, locked_until = null
         where id = $1 and attempts = $3 and done_at is null`,
        [job.id, outcome.again, job.attempts],
      );
      return;
    }
    // One statement, so that what is heard is there to be read.
    await database.pool.query(
      `with done as (
         update jobs set done_at = $2, result = $3, locked_until = null where id = $1 and done_at is null)
       select pg_notify($4, $1)`,
      [job.id, clock.now(), JSON.stringify(outcome.done ?? null), channel],
    );
    tell(job.id);
  }

  async function run(job: Job): Promise<void> {
    let outcome: JobOutcome;
    try {
      outcome = await handlers[job.kind]!(job, stopping.signal);
      ended?.inc({ kind: job.kind, end: "again" in outcome ? "again" : "done" });
    } catch (error) {
      ended?.inc({ kind: job.kind, end: "failed" });
      logger.warn(
        { err: error, job: job.id, kind: job.kind, attempts: job.attempts },
        "a job failed, it comes again",
      );
      outcome = { again: new Date(clock.now().getTime() + backoff(job.attempts)) };
    }
    await guarded(() => finish(job, outcome)).catch((error: unknown) =>
      // The lease ends and the job comes again: its handler is safe to run twice.
      logger.warn({ err: error, job: job.id }, "a job's end could not be written"),
    );
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      woken = Promise.withResolvers<void>();
      const free = concurrency - running.size;
      let taken: Job[] = [];
      if (free > 0)
        taken = await take(free).catch((error: unknown) => {
          if (!stopping.signal.aborted) logger.warn({ err: error }, "jobs cannot be read");
          return [];
        });
      for (const job of taken) {
        const task = run(job).finally(() => {
          running.delete(job.id);
          wake();
        });
        running.set(job.id, { job, task });
      }
      if (taken.length === 0 || running.size >= concurrency)
        await Promise.race([
          woken.promise,
          delay(options.pollMs, undefined, { signal: stopping.signal }).catch(() => undefined),
        ]);
    }
  }

  async function resultOf(jobId: string): Promise<{ done: boolean; result: unknown }> {
    const { rows } = await guarded(() =>
      database.pool.query<{ done: boolean; result: unknown }>(
        "select done_at is not null as done, result from jobs where id = $1",
        [jobId],
      ),
    );
    return rows[0] ?? { done: false, result: undefined };
  }

  return {
    wake,
    async waitFor(jobId, timeoutMs) {
      const waiting = new AbortController();
      const timer = setTimeout(() => waiting.abort(), timeoutMs);
      try {
        for (;;) {
          const told = Promise.withResolvers<void>();
          const own = waiters.get(jobId) ?? new Set();
          waiters.set(jobId, own.add(told.resolve));
          waiting.signal.addEventListener("abort", () => told.resolve(), { once: true });
          try {
            const { done, result } = await resultOf(jobId);
            if (done) return result;
            if (waiting.signal.aborted) return undefined;
            await told.promise;
          } finally {
            own.delete(told.resolve);
            if (own.size === 0) waiters.delete(jobId);
          }
        }
      } finally {
        clearTimeout(timer);
      }
    },
    async start(given) {
      handlers = given;
      listener = await listen({
        url: options.databaseUrl,
        channel,
        logger,
        onMessage: tell,
        // Whatever ended meanwhile was not heard: everybody looks again.
        onConnected: () => [...waiters.keys()].forEach(tell),
        onLost: () => undefined,
      });
      if (!options.enabled) return;
      loop = work();
      renewal = every(leaseMs / 3, "renewing the leases of running jobs", logger, renew);
    },
    async stop() {
      stopping.abort();
      wake();
      await loop;
      await Promise.allSettled(tasks());
      await renewal?.stop();
      await listener?.stop();
    },
    async idle() {
      for (;;) {
        await Promise.allSettled(tasks());
        const { rows } = await database.pool.query<{ due: boolean }>(
          "select exists (select from jobs where done_at is null and run_at <= $1) as due",
          [clock.now()],
        );
        if (running.size === 0 && rows[0]?.due !== true) return;
        wake();
        await delay(5);
      }
    },
  };
}
