import { setTimeout as delay } from "node:timers/promises";
import { type Database, guarded, listen, type Metrics } from "@peaqos/service-kit";
import type { Logger } from "pino";
import type { Clock } from "../kit/clock.ts";
import { every, type Periodic } from "../kit/every.ts";
import { createEnds } from "./ends.ts";
import { type Job, type MadeJob, type NewJob, readResult, renewLeases, takeJobs } from "./store.ts";

/**
 * Runs jobs that transactions left behind. Any replica may take any job (`FOR UPDATE SKIP LOCKED`). A running job's
 * lease is renewed as long as its process lives; that of a dead one ends within seconds and the job is taken again, so
 * every handler must be safe to run twice.
 *
 * A job that is due at once begins where it was made: it is inserted with a lease of this process, and whoever waits
 * for it here hears of its end without asking the database.
 */

export type JobOutcome =
  /**
   * Finished; `done` is kept as the job's result and must be JSON. `known` is told instead to whoever waits in this
   * process: the same, with what they would read next.
   */
  | { readonly done: unknown; readonly known?: unknown }
  /** Not yet: again at this time. */
  | { readonly again: Date };

export type JobHandler = (job: Job, signal: AbortSignal) => Promise<JobOutcome>;
export type JobHandlers = Readonly<Record<string, JobHandler>>;

/** What a transaction that leaves jobs needs of them. */
export type JobStart = {
  /** Until when a job of this transaction is this process's own; null: anybody takes it. */
  leaseFor(job: NewJob, now: Date): Date | null;
  /** The transaction is committed: its own jobs begin, others are looked for. */
  committed(jobs: readonly MadeJob[]): void;
};

export type Jobs = JobStart & {
  /** Looks for work now. */
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
/** Jobs wait for chains and providers most of the time, and write together; executions have limits of their own. */
const defaultConcurrency = 200;
/** Back-off after a handler threw: 0.2 s doubling to a minute. */
const backoff = (attempts: number) => Math.min(200 * 2 ** (attempts - 1), 60_000);

export function createJobs(options: JobsOptions): Jobs {
  const { database, logger, clock } = options;
  const leaseMs = options.leaseMs ?? defaultLeaseMs;
  const concurrency = options.concurrency ?? defaultConcurrency;
  const stopping = new AbortController();
  /** By job id. `outcome` never rejects. */
  const running = new Map<string, { job: Job; outcome: Promise<JobOutcome>; task: Promise<void> }>();
  const waiters = new Map<string, Set<() => void>>();
  let handlers: JobHandlers = {};
  let woken = Promise.withResolvers<void>();
  let loop: Promise<void> = Promise.resolve();
  let listener: { stop(): Promise<void> } | undefined;
  let renewal: Periodic | undefined;
  /** There was more to do than could be taken. */
  let isFull = false;
  let isWorking = false;
  /** Leases are renewed and ends written one after the other: both lock many rows. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };

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

  function take(count: number): Promise<Job[]> {
    const now = clock.now();
    const want = { kinds: Object.keys(handlers), count, but: [...running.keys()] };
    return guarded(() => takeJobs(database.pool, want, now, leaseEnd(now)));
  }

  async function renew(): Promise<void> {
    const held = [...running.values()].map(({ job }) => job);
    if (held.length > 0) await inTurn(() => renewLeases(database.pool, held, leaseEnd(clock.now())));
  }

  const ends = createEnds({ database, clock, channel, inTurn });

  async function run(job: Job): Promise<JobOutcome> {
    try {
      const outcome = await handlers[job.kind]!(job, stopping.signal);
      ended?.inc({ kind: job.kind, end: "again" in outcome ? "again" : "done" });
      return outcome;
    } catch (error) {
      ended?.inc({ kind: job.kind, end: "failed" });
      logger.warn(
        { err: error, job: job.id, kind: job.kind, attempts: job.attempts },
        "a job failed, it comes again",
      );
      return { again: new Date(clock.now().getTime() + backoff(job.attempts)) };
    }
  }

  async function writeEnd(job: Job, outcome: JobOutcome): Promise<void> {
    try {
      await ends.add({ job, outcome });
      tell(job.id);
    } catch (error) {
      // The lease ends and the job comes again: its handler is safe to run twice.
      logger.warn({ err: error, job: job.id }, "a job's end could not be written");
    }
    running.delete(job.id);
    if (isFull) wake();
    if ("again" in outcome) {
      const pause = outcome.again.getTime() - clock.now().getTime();
      if (pause < options.pollMs) setTimeout(wake, Math.max(pause, 0)).unref();
    }
  }

  function begin(job: Job): void {
    if (running.has(job.id)) return;
    const outcome = run(job);
    const task = outcome.then((given) => writeEnd(job, given));
    running.set(job.id, { job, outcome, task });
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
      taken.forEach(begin);
      isFull = free <= 0 || taken.length === free;
      if (taken.length === 0 || running.size >= concurrency)
        await Promise.race([
          woken.promise,
          delay(options.pollMs, undefined, { signal: stopping.signal }).catch(() => undefined),
        ]);
    }
  }

  return {
    wake,
    leaseFor(job, now) {
      const isMine =
        isWorking &&
        !stopping.signal.aborted &&
        running.size < concurrency &&
        handlers[job.kind] !== undefined &&
        (job.runAt ?? now) <= now;
      // From now on, not from when the transaction began: it may have waited for long.
      return isMine ? leaseEnd(clock.now()) : null;
    },
    committed(jobs) {
      const now = clock.now();
      for (const job of jobs)
        if (job.leasedUntil !== null) begin({ ...job, attempts: 1 });
        else if ((job.runAt ?? now) <= now) wake();
    },
    async waitFor(jobId, timeoutMs) {
      const waiting = new AbortController();
      const timer = setTimeout(() => waiting.abort(), timeoutMs);
      try {
        const here = running.get(jobId);
        if (here !== undefined) {
          const limit = Promise.withResolvers<undefined>();
          waiting.signal.addEventListener("abort", () => limit.resolve(undefined), { once: true });
          const outcome = await Promise.race([here.outcome, limit.promise]);
          if (outcome !== undefined && "done" in outcome) return outcome.known ?? outcome.done ?? null;
        }
        for (;;) {
          const told = Promise.withResolvers<void>();
          const own = waiters.get(jobId) ?? new Set();
          waiters.set(jobId, own.add(told.resolve));
          waiting.signal.addEventListener("abort", () => told.resolve(), { once: true });
          try {
            const { done, result } = await guarded(() => readResult(database.pool, jobId));
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
        onMessage: (ids) => ids.split(" ").forEach(tell),
        // Whatever ended meanwhile was not heard: everybody looks again.
        onConnected: () => [...waiters.keys()].forEach(tell),
        onLost: () => undefined,
      });
      if (!options.enabled) return;
      isWorking = true;
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
