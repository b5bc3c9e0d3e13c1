import { afterAll, beforeAll, expect, test } from "vitest";
import type { FaultySeller } from "../../../../examples/sellers/faulty/seller.ts";
import { executionScene, type Scene } from "../../test/execution-scene.ts";
import { errorOf, priced } from "../../test/shop.ts";
import type { Agents } from "../agents/agents.ts";
import type { Disputes } from "../disputes/disputes.ts";
import type { Job } from "../jobs/store.ts";
import type { Market } from "../kit/market.ts";
import { createSkills } from "../skills/skills.ts";
import { createSteps } from "../steps/steps.ts";
import { createAdapters } from "./adapters/adapters.ts";
import { createCircuits } from "./circuits.ts";
import { createRunner, type RunnerDeps } from "./runner.ts";
import { createSlots } from "./slots.ts";

/** The market behind the API runs no jobs here: the tests decide who runs them, and where it dies. */
let scene: Scene;
let seller: FaultySeller;
beforeAll(async () => {
  scene = await executionScene({ PEAQOS_MARKET_WORKERS: "false", PEAQOS_EXECUTION_WAIT_MS: "50" });
  seller = await scene.seller({ id: "svc_echo" });
});
afterAll(() => scene[Symbol.asyncDispose]());

const sql = async <T extends object>(text: string, values: unknown[] = []): Promise<T[]> =>
  (await scene.world.market.service.market.database.pool.query(text, values)).rows as T[];

/** An order whose execution has begun and waits for a worker. */
async function begun(
  input: object = { text: "hello" },
): Promise<{ orderId: string; runId: string; job: Job }> {
  const order = await scene.order("svc_echo", input);
  const answer = await scene.execute(order.id);
  expect(answer.body.error.details.reason).toBe("execution_in_progress");
  const { runId } = answer.body.error.details;
  const [row] = await sql<Job>("select * from jobs where kind = 'order.execute' and payload->>'runId' = $1", [
    runId,
  ]);
  return { orderId: order.id, runId, job: { ...row!, machineId: scene.machine.id, attempts: 1 } };
}

class Killed extends Error {}

/** The runner of a process that dies at its nth step: before it, or right after what it did has become true. */
function dyingRunner(at: number, when: "before" | "after") {
  const { market } = scene.world.market.service;
  let step = 0;
  let isDead = false;
  const mortal = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDead) throw new Killed();
    step++;
    const mine = step;
    if (mine === at && when === "before") isDead = true;
    if (isDead) throw new Killed();
    const value = await work();
    if (mine === at && when === "after") isDead = true;
    if (isDead) throw new Killed();
    return value;
  };
  const query = market.database.pool.query.bind(market.database.pool) as (
    ...args: unknown[]
  ) => Promise<unknown>;
  const pool = { query: (...args: unknown[]) => mortal(() => query(...args)) };
  const dying: Market = {
    ...market,
    database: { ...market.database, pool: pool as never },
  };
  const adapters = createAdapters(dying, {} as Agents);
  const steps = createSteps(market, {} as Parameters<typeof createSteps>[1]);
  const confirmBy = (tx: { now: Date }) => new Date(tx.now.getTime() + 1_000_000);
  const deps = {
    adapters: {
      ...adapters,
      named: (name: string) => {
        const adapter = adapters.named(name);
        return {
          ...adapter,
          perform: (...args: Parameters<typeof adapter.perform>) => mortal(() => adapter.perform(...args)),
        };
      },
    },
    circuits: createCircuits(dying),
    slots: createSlots(10, 10),
    skills: createSkills(market, { catalogue: { subscribe() {} } as never }),
    disputes: { scheduleConfirm: confirmBy } as unknown as Disputes,
    steps: {
      ...steps,
      system: (...args: Parameters<typeof steps.system>) => mortal(() => steps.system(...args)),
    },
    catalogue: { findService: () => undefined },
  } as unknown as RunnerDeps;
  return { run: createRunner({ ...dying, metrics: noMetrics(market) }, deps), died: () => isDead };
}

/** The registry of the running market has these names already. */
const noMetrics = (market: Market): Market["metrics"] =>
  ({ ...market.metrics, counter: () => ({ inc() {} }), histogram: () => ({ observe() {} }) }) as never;

/** Guarantees that a market killed at any point of an execution leaves exactly one effect and one end. */
test("an execution killed before or after any of its steps is finished by another replica, done once", async () => {
  const orders: { orderId: string; runId: string; died: boolean }[] = [];
  for (const when of ["before", "after"] as const)
    for (let at = 1; ; at++) {
      const { orderId, runId, job } = await begun({ text: `${when} ${at}` });
      const { run, died } = dyingRunner(at, when);
      const outcome = await run(job, new AbortController().signal).catch((error: unknown) => {
        // Some of the layers above name it a lost database.
        if (!died()) throw error;
        return undefined;
      });
      orders.push({ orderId, runId, died: died() });
      if (outcome !== undefined && !died()) break;
    }
  expect(orders.filter((each) => each.died).length).toBeGreaterThan(12);
  const other = await scene.world.market.replica({ PEAQOS_MARKET_WORKERS: "true" });
  await other.market.jobs.idle();
  for (const { orderId, runId } of orders) {
    const order = await scene.read(orderId);
    expect(order).toMatchObject({ status: "delivered", runId });
    expect(seller.effectsOfOrder(orderId)).toBe(1);
    const calls = seller.calls.filter((call) => call.orderId === orderId);
    expect(new Set(calls.map((call) => call.key))).toEqual(new Set([runId]));
    expect(calls.length).toBeLessThanOrEqual(2);
    const ends = await sql<{ n: number }>("select count(*)::int as n from outcomes where order_id = $1", [
      orderId,
    ]);
    const said = await sql<{ n: number }>(
      "select count(*)::int as n from audit_events where resource_id = $1 and type = 'order.delivered'",
      [orderId],
    );
    expect([ends[0]?.n, said[0]?.n]).toEqual([1, 1]);
    // The buyer who never got an answer asks again and has it.
    expect((await scene.execute(orderId)).body.execution.run.id).toBe(runId);
  }
  await other.stop();
});

/** Guarantees that two replicas with the same job end it once. */
test("two replicas that run the same job ask with one key and end it once", async () => {
  const { orderId, runId, job } = await begun();
  seller.set("slow", 2);
  const [first, second] = [dyingRunner(0, "before"), dyingRunner(0, "before")];
  const signal = new AbortController().signal;
  const both = Promise.all([first.run(job, signal), second.run(job, signal)]);
  while (seller.calls.filter((call) => call.orderId === orderId).length < 2)
    await new Promise((resolve) => setImmediate(resolve));
  seller.release();
  const outcomes = await both;
  expect(outcomes).toContainEqual(expect.objectContaining({ done: { end: "completed", message: null } }));
  for (const outcome of outcomes) expect(outcome).toMatchObject({ done: { end: "completed" } });
  expect(seller.effectsOfOrder(orderId)).toBe(1);
  expect(await scene.read(orderId)).toMatchObject({ status: "delivered", runId });
  const ends = await sql("select id from outcomes where order_id = $1", [orderId]);
  expect(ends.length).toBe(1);
});

/** Guarantees that a request which found nobody cannot undo one that may have arrived. */
test("a connection refused after a request that may have arrived does not make the order ready again", async () => {
  const { orderId, job } = await begun();
  // A process that died right after it had counted its request: nobody knows whether it was sent.
  let at = 1;
  for (; ; at++) {
    const { run } = dyingRunner(at, "after");
    await run(job, new AbortController().signal).catch(() => undefined);
    const [row] = await sql<{ sent: boolean }>("select sent from runs where order_id = $1", [orderId]);
    if (row?.sent) break;
  }
  await sql(
    "update routes set endpoint = jsonb_set(endpoint, '{url}', '\"http://127.0.0.1:1/echo\"') where id = (select route_id from market_orders where id = $1)",
    [orderId],
  );
  const { run } = dyingRunner(0, "before");
  const outcome = await run(job, new AbortController().signal);
  expect(outcome).toHaveProperty("again");
  expect(await scene.read(orderId)).toMatchObject({ status: "executing" });
  await run(job, new AbortController().signal);
  expect(await scene.read(orderId)).toMatchObject({
    status: "failed",
    errorMessage: expect.stringContaining("it is not known whether the provider delivered"),
  });
});

test("a market that is stopped in the middle leaves the run to the next one, uncounted", async () => {
  const stopped = await scene.world.market.replica({
    PEAQOS_MARKET_WORKERS: "true",
    PEAQOS_EXECUTION_TIMEOUT_MS: "30000",
  });
  await stopped.market.jobs.idle();
  seller.set("slow", 1);
  const { orderId, runId } = await begun();
  stopped.market.jobs.wake();
  while (seller.calls.at(-1)?.orderId !== orderId) await new Promise((resolve) => setImmediate(resolve));
  await stopped.stop();
  const [run] = await sql<{ status: string; attempts: number }>(
    "select status, attempts from runs where id = $1",
    [runId],
  );
  expect(run).toEqual({ status: "running", attempts: 0 });
  const next = await scene.world.market.replica({ PEAQOS_MARKET_WORKERS: "true" });
  await next.market.jobs.idle();
  expect(await scene.read(orderId)).toMatchObject({ status: "delivered", runId });
  expect(seller.effectsOfOrder(orderId)).toBe(1);
  await next.stop();
});

/** Guarantees that a process that vanished without a word holds an order only until its lease is over. */
test("a job whose process vanished is taken again when its lease is over", async () => {
  const { orderId } = await begun();
  const soon = new Date(scene.world.market.clock.now().getTime() + 120_000);
  await sql("update jobs set attempts = 1, locked_until = $1 where done_at is null", [soon]);
  const next = await scene.world.market.replica({ PEAQOS_MARKET_WORKERS: "true" });
  expect(await scene.read(orderId)).toMatchObject({ status: "executing" });
  scene.world.market.clock.add(121_000);
  await next.market.jobs.idle();
  expect(await scene.read(orderId)).toMatchObject({ status: "delivered" });
  expect(seller.effectsOfOrder(orderId)).toBe(1);
  await next.stop();
});

/** Guarantees that a seller is not asked to deliver what is no longer paid. */
test("a payment taken away between the call and the request leaves the order unpaid and nothing sent", async () => {
  await scene.world.putService({ ...(seller.listing() as object), ...priced(scene.world, "svc_paid", 0.05) });
  const order = await scene.order("svc_paid");
  const hash = `0x${"ab".repeat(32)}`;
  await sql("update market_payments set status = 'held', transaction_hash = $2 where order_id = $1", [
    order.id,
    hash,
  ]);
  await sql("update market_orders set status = 'ready' where id = $1", [order.id]);
  const key = "taken-away";
  expect(errorOf(await scene.execute(order.id, { key }))).toMatchObject({ reason: "execution_in_progress" });
  await sql("update market_payments set status = 'intent_created' where order_id = $1", [order.id]);
  const next = await scene.world.market.replica({
    ...{ PEAQOS_MARKET_WORKERS: "true", PEAQOS_EXECUTION_WAIT_MS: "10000" },
  });
  const answer = await scene.execute(order.id, { key, on: next });
  expect(errorOf(answer)).toMatchObject({ status: 402, code: "PAYMENT_REQUIRED" });
  expect(await scene.read(order.id)).toMatchObject({ status: "ready" });
  expect(seller.calls.filter((call) => call.orderId === order.id)).toEqual([]);
  // Paid again, the same call goes through.
  await sql("update market_payments set status = 'held' where order_id = $1", [order.id]);
  const done = await scene.execute(order.id, { key, on: next });
  expect(done.body.order).toMatchObject({ status: "delivered" });
  expect(seller.effectsOfOrder(order.id)).toBe(1);
  await next.stop();
});

test("a seller that is never done is given up at the deadline, and a clock that jumps ends nothing twice", async () => {
  const next = await scene.world.market.replica({
    ...{ PEAQOS_MARKET_WORKERS: "true", PEAQOS_EXECUTION_DEADLINE_MS: "600000" },
  });
  await next.market.jobs.idle();
  seller.set("error-409-in-progress");
  const { orderId, runId } = await begun();
  next.market.jobs.wake();
  while (seller.calls.at(-1)?.orderId !== orderId) await new Promise((resolve) => setImmediate(resolve));
  scene.world.market.clock.add(700_000);
  await next.market.jobs.idle();
  // The pause that the seller asked for.
  scene.world.market.clock.add(2_000);
  await next.market.jobs.idle();
  seller.set("ok");
  expect(await scene.read(orderId)).toMatchObject({
    ...{ status: "failed", runId, errorMessage: expect.stringContaining("it is not known whether") },
  });
  scene.world.market.clock.add(-702_000);
  expect((await scene.retry(orderId)).body.item.status).toBe("ready");
  await scene.execute(orderId);
  scene.world.market.clock.add(1_000);
  await next.market.jobs.idle();
  expect(await scene.read(orderId)).toMatchObject({ status: "delivered", retryCount: 1 });
  const keys = seller.calls.filter((call) => call.orderId === orderId).map((call) => call.key);
  expect(new Set(keys)).toEqual(new Set([runId]));
  expect(seller.effectsOfOrder(orderId)).toBe(1);
  await next.stop();
});
