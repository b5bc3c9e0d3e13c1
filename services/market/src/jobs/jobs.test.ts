import { createLogger, migrate, openDatabase } from "@peaqos/service-kit";
import { testDatabase } from "@peaqos/testkit";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { testClock } from "../../test/test-market.ts";
import { randomIds } from "../kit/ids.ts";
import { createJobs, type JobHandlers, type JobsOptions } from "./jobs.ts";
import { jobsSchema } from "./schema.ts";
import { insertJobs } from "./store.ts";

const logger = createLogger({ service: "test", level: "silent" });
const clock = testClock();
const ids = randomIds();
let test_database: Awaited<ReturnType<typeof testDatabase>>;
let database: ReturnType<typeof openDatabase<unknown>>;

beforeAll(async () => {
  test_database = await testDatabase();
  database = openDatabase({ url: test_database.url, logger, max: 10, applicationName: "jobs-test" });
  await migrate(database, [{ id: 1, name: "jobs", sql: jobsSchema }]);
});
afterAll(async () => {
  await database.close();
  await test_database.drop();
});

async function replica(handlers: JobHandlers, options: Partial<JobsOptions> = {}) {
  const jobs = createJobs({
    database,
    databaseUrl: test_database.url,
    logger,
    clock,
    enabled: true,
    // Nothing below waits for the poll: it is the last resort.
    pollMs: 25,
    ...options,
  });
  await jobs.start(handlers);
  onTestFinished(() => jobs.stop());
  return jobs;
}

async function enqueue(kind: string, count = 1): Promise<string[]> {
  const list = Array.from({ length: count }, () => ({
    id: `job_${ids.bytes(8).toString("hex")}`,
    kind,
    machineId: null,
    payload: {},
    leasedUntil: null,
  }));
  await database.transaction((client) => insertJobs(client, list, clock.now()));
  return list.map((job) => job.id);
}

// Guarantees that no job is run by two replicas at the same time.
test("two replicas share 200 jobs, each of which runs once", async () => {
  const runs: string[] = [];
  const handlers: JobHandlers = {
    share: async (job) => {
      runs.push(job.id);
      return { done: job.id };
    },
  };
  const [one, two] = [await replica(handlers), await replica(handlers)];
  const list = await enqueue("share", 200);
  one.wake();
  two.wake();
  const results = await Promise.all(list.map((id) => two.waitFor(id, 10_000)));
  expect(results).toEqual(list);
  expect(runs.toSorted()).toEqual(list.toSorted());
});

test("whoever waits on a replica that runs no jobs hears of the end on another one", async () => {
  const gate = Promise.withResolvers<void>();
  const worker = await replica({
    far: async () => {
      await gate.promise;
      return { done: "heard" };
    },
  });
  const waiter = await replica({}, { enabled: false });
  const [id = ""] = await enqueue("far");
  worker.wake();
  const waiting = waiter.waitFor(id, 10_000);
  gate.resolve();
  expect(await waiting).toBe("heard");
});

test("an end that cannot be kept fails no other that is written with it", async () => {
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const worker = await replica({
    odd: async (job) => {
      begun.push(job.id);
      await gate.promise;
      // Half of a surrogate pair: no jsonb holds it.
      return { done: job.id === begun[0] ? "\ud83d" : job.id };
    },
  });
  const waiter = await replica({}, { enabled: false });
  const list = await enqueue("odd", 5);
  worker.wake();
  await vi.waitFor(() => expect(begun).toHaveLength(5));
  gate.resolve();
  const results = await Promise.all(begun.slice(1).map((id) => waiter.waitFor(id, 5_000)));
  expect(results).toEqual(begun.slice(1));
  expect(begun.toSorted()).toEqual(list.toSorted());
  await database.pool.query("delete from jobs where id = $1", [begun[0]]);
});

test("a job of a transaction that had to wait belongs to its process all the same, and begins there once", async () => {
  const gate = Promise.withResolvers<void>();
  let begun = 0;
  const jobs = await replica({
    waited: async () => {
      begun++;
      await gate.promise;
      return { done: begun };
    },
  });
  const job = { id: `job_${ids.bytes(8).toString("hex")}`, kind: "waited", machineId: null, payload: {} };
  const longAgo = new Date(clock.now().getTime() - 60_000);
  expect(jobs.leaseFor(job, longAgo)!.getTime()).toBeGreaterThan(clock.now().getTime());
  // Should its lease be over before its process comes to it, whoever takes it is not doubled.
  const made = { ...job, leasedUntil: longAgo };
  await database.transaction((client) => insertJobs(client, [made], longAgo));
  jobs.wake();
  await vi.waitFor(() => expect(begun).toBe(1));
  jobs.committed([made]);
  gate.resolve();
  expect(await jobs.waitFor(job.id, 5_000)).toBe(1);
  expect(begun).toBe(1);
});

test("a wait ends at its limit, and the job goes on", async () => {
  const gate = Promise.withResolvers<void>();
  const jobs = await replica({
    slow: async () => {
      await gate.promise;
      return { done: 1 };
    },
  });
  const [id = ""] = await enqueue("slow");
  jobs.wake();
  expect(await jobs.waitFor(id, 30)).toBeUndefined();
  gate.resolve();
  expect(await jobs.waitFor(id, 10_000)).toBe(1);
});

// Guarantees that what a killed process had begun is finished by another.
test("a job whose process died is taken again when its lease is over", async () => {
  const [id = ""] = await enqueue("orphan");
  await database.pool.query("update jobs set attempts = 1, locked_until = $2 where id = $1", [
    id,
    new Date(clock.now().getTime() + 60_000),
  ]);
  const attempts: number[] = [];
  const jobs = await replica({
    orphan: async (job) => {
      attempts.push(job.attempts);
      return { done: true };
    },
  });
  jobs.wake();
  expect(await jobs.waitFor(id, 100)).toBeUndefined();
  clock.add(61_000);
  jobs.wake();
  expect(await jobs.waitFor(id, 10_000)).toBe(true);
  expect(attempts).toEqual([2]);
});

test("a job that runs longer than its lease is not taken by another replica while its process lives", async () => {
  const runs: string[] = [];
  const gate = Promise.withResolvers<void>();
  const long = (name: string): JobHandlers => ({
    long: async () => {
      runs.push(name);
      await gate.promise;
      return { done: name };
    },
  });
  const one = await replica(long("one"), { leaseMs: 150 });
  const [id = ""] = await enqueue("long");
  one.wake();
  expect(await one.waitFor(id, 20)).toBeUndefined();
  const two = await replica(long("two"), { leaseMs: 150, pollMs: 10 });
  expect(await two.waitFor(id, 500)).toBeUndefined();
  gate.resolve();
  expect(await two.waitFor(id, 10_000)).toBe("one");
  expect(runs).toEqual(["one"]);
});

test("a handler that throws is asked again, later each time; one that says when is asked then", async () => {
  let runs = 0;
  const jobs = await replica({
    flaky: async () => {
      runs++;
      if (runs === 1) throw new Error("not yet");
      if (runs === 2) return { again: new Date(clock.now().getTime() + 1_000) };
      return { done: runs };
    },
  });
  const [id = ""] = await enqueue("flaky");
  jobs.wake();
  expect(await jobs.waitFor(id, 50)).toBeUndefined();
  clock.add(250);
  jobs.wake();
  expect(await jobs.waitFor(id, 150)).toBeUndefined();
  clock.add(1_001);
  jobs.wake();
  expect(await jobs.waitFor(id, 10_000)).toBe(3);
});

test("stopping lets what runs end, and leaves the rest to others", async () => {
  const begun = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let finished = false;
  const jobs = await replica(
    {
      end: async () => {
        begun.resolve();
        await gate.promise;
        finished = true;
        return { done: 1 };
      },
    },
    { concurrency: 1 },
  );
  const [first = "", second = ""] = await enqueue("end", 2);
  jobs.wake();
  await begun.promise;
  const stopping = jobs.stop();
  gate.resolve();
  await stopping;
  expect(finished).toBe(true);
  const { rows } = await database.pool.query(
    "select count(*) as open from jobs where id = any($1) and done_at is null",
    [[first, second]],
  );
  expect(rows[0].open).toBe(1);
});

test("idle waits until nothing is due", async () => {
  let runs = 0;
  const jobs = await replica({
    chain: async () => {
      runs++;
      return runs < 3 ? { again: clock.now() } : { done: runs };
    },
  });
  await enqueue("chain");
  jobs.wake();
  await database.pool.query("delete from jobs where kind = 'end'");
  await jobs.idle();
  expect(runs).toBe(3);
});
