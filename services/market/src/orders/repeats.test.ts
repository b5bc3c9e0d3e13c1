import { afterAll, beforeAll, expect, test } from "vitest";
import { errorOf, orderBody, place, priced } from "../../test/shop.ts";
import { type MarketWorld, marketWorld, succeeded, type WorldAgent } from "../../test/world.ts";
import type { MarketService } from "../service.ts";

// Guarantees: a request that is repeated with its Idempotency-Key makes one order, whatever was lost in between.

let world: MarketWorld;
let second: MarketService;
let agent: WorldAgent;

beforeAll(async () => {
  world = await marketWorld();
  second = await world.market.replica();
  agent = await world.agent(await world.machine("repeater"), { policy: { dailySpendLimit: 100 } });
  await world.putService(priced(world, "svc_one", 1));
  await world.putService(priced(world, "svc_dear", 1000));
});
afterAll(() => world[Symbol.asyncDispose]());

const count = async () => {
  const { rows } = await world.market.service.market.database.pool.query(
    `select (select count(*) from market_orders) as orders, (select count(*) from market_payments) as payments,
       (select count(*) from audit_events where type = 'order.created') as audited,
       (select spent::text from spend_days where subject = $1) as spent`,
    [agent.pairingId],
  );
  return rows[0];
};

test("the same key and body give the same order, one after the other", async () => {
  const first = succeeded(await place(world, agent, "svc_one", {}, { key: "k-1" }));
  const before = await count();
  const again = await place(world, agent, "svc_one", {}, { key: "k-1" });
  const elsewhere = await place(world, agent, "svc_one", {}, { key: "k-1", on: second });
  expect(again.status).toBe(201);
  expect(again.body).toEqual(first.body);
  expect(elsewhere.body).toEqual(first.body);
  expect(await count()).toEqual(before);
});

test("fifty at once on two replicas make one order", async () => {
  const before = await count();
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      place(world, agent, "svc_one", { input: { n: 1 } }, { key: "k-50", ...(i % 2 ? { on: second } : {}) }),
    ),
  );
  expect(answers.map((answer) => answer.status)).toEqual(Array(50).fill(201));
  expect(new Set(answers.map((answer) => answer.body.item.id)).size).toBe(1);
  const after = await count();
  expect(after.orders).toBe(before.orders + 1);
  expect(after.payments).toBe(before.payments + 1);
  expect(after.audited).toBe(before.audited + 1);
  expect(Number(after.spent)).toBe(Number(before.spent) + 1);
});

test("many keys repeated at random on two replicas: one order for each", async () => {
  const before = await count();
  const keys = Array.from({ length: 120 }, (_, i) => `k-many-${(i * 7) % 20}`);
  const answers = await Promise.all(
    keys.map((key, i) => place(world, agent, "svc_one", {}, { key, ...(i % 3 ? { on: second } : {}) })),
  );
  const ids = new Map<string, string>();
  for (const [i, answer] of answers.entries()) {
    const { id } = succeeded(answer).body.item;
    expect(ids.get(keys[i]!) ?? id).toBe(id);
    ids.set(keys[i]!, id);
  }
  expect(new Set(ids.values()).size).toBe(20);
  expect((await count()).orders).toBe(before.orders + 20);
});

test("the same key with another body is refused", async () => {
  const other = await place(world, agent, "svc_one", { input: { other: true } }, { key: "k-1" });
  expect(errorOf(other)).toEqual({ status: 409, code: "CONFLICT", reason: "idempotency_key_reused" });
});

// Guarantees that a key keeps its first meaning, whatever it is tried for afterwards.
test("a refused reuse of a key does not free it: the first request still finds its order", async () => {
  const first = succeeded(await place(world, agent, "svc_one", {}, { key: "k-kept" })).body.item;
  const other = () => place(world, agent, "svc_one", { input: { other: true } }, { key: "k-kept" });
  expect(errorOf(await other()).reason).toBe("idempotency_key_reused");
  expect(succeeded(await place(world, agent, "svc_one", {}, { key: "k-kept" })).body.item.id).toBe(first.id);
  expect(errorOf(await other()).reason).toBe("idempotency_key_reused");
});

test("another pairing may use the same key for its own order", async () => {
  const neighbour = await world.agent(agent.machine, { name: "neighbour", fund: false });
  const mine = succeeded(await place(world, agent, "svc_one", {}, { key: "k-1" })).body.item;
  const theirs = succeeded(await place(world, neighbour, "svc_one", {}, { key: "k-1" })).body.item;
  expect(theirs.id).not.toBe(mine.id);
});

test("a refused order leaves its key free", async () => {
  expect(errorOf(await place(world, agent, "svc_dear", {}, { key: "k-refused" })).code).toBe(
    "AGENT_DAILY_LIMIT_EXCEEDED",
  );
  const cheaper = await place(world, agent, "svc_one", {}, { key: "k-refused" });
  expect(cheaper.status).toBe(201);
});

test("without a key every request is an order of its own", async () => {
  const two = await Promise.all([place(world, agent, "svc_one"), place(world, agent, "svc_one")]);
  expect(new Set(two.map((answer) => succeeded(answer).body.item.id)).size).toBe(2);
});

test("a reply that nobody read does no harm: the retry finds the order", async () => {
  const before = await count();
  const body = JSON.stringify(orderBody(agent, "svc_one"));
  const headers = {
    "content-type": "application/json",
    "x-agent-pairing-token": agent.token,
    "idempotency-key": "k-lost",
  };
  const lost = new AbortController();
  const request = fetch(`${world.market.api}/market/orders`, {
    method: "POST",
    headers,
    body,
    signal: lost.signal,
  });
  // The client hangs up once the order exists, before it has read the answer.
  const pool = world.market.service.market.database.pool;
  for (;;) {
    const { rows } = await pool.query("select 1 from idempotency_keys where key = 'k-lost'");
    if (rows.length > 0) break;
  }
  lost.abort();
  await request.catch(() => undefined);
  const retried = await fetch(`${world.market.api}/market/orders`, { method: "POST", headers, body });
  expect(retried.status).toBe(201);
  expect((await count()).orders).toBe(before.orders + 1);
});
