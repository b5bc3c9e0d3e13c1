import { afterAll, beforeAll, expect, test } from "vitest";
import { errorOf, place, priced, spentToday } from "../../test/shop.ts";
import { type MarketWorld, marketWorld, succeeded, type WorldMachine } from "../../test/world.ts";
import type { MarketService } from "../service.ts";

// Guarantees: nobody spends more than was allowed, whatever races, on however many replicas, whatever the clock does.

let world: MarketWorld;
let second: MarketService;
let machine: WorldMachine;

const day = 86_400_000;

beforeAll(async () => {
  world = await marketWorld({ settings: { PEAQOS_SESSION_TTL_SECONDS: "10000000" } });
  second = await world.market.replica();
  machine = await world.machine("capped");
  await world.putService({ id: "svc_free" });
  for (const [id, price] of [
    ["svc_cent", 0.01],
    ["svc_dime", 0.1],
    ["svc_one", 1],
    ["svc_odd", 0.333333],
  ] as const)
    await world.putService(priced(world, id, price));
});
afterAll(() => world[Symbol.asyncDispose]());

let agents = 0;
const agentWith = (policy: object, on = machine) =>
  world.agent(on, { name: `capped agent ${agents++}`, policy, fund: false });

async function reserved(pairingId: string): Promise<string> {
  const { rows } = await world.market.service.market.database.pool.query<{ sum: string }>(
    `select trim_scale(coalesce(sum(amount), 0))::text as sum from market_orders
     where agent_pairing_id = $1 and spend_held`,
    [pairingId],
  );
  return rows[0]!.sum;
}

test("both limits are inclusive and a cap is hit by one cent", async () => {
  const agent = await agentWith({ dailySpendLimit: 1.1, perTransactionLimit: 1, currency: "USD" });
  expect((await place(world, agent, "svc_one")).status).toBe(201);
  expect((await place(world, agent, "svc_dime")).status).toBe(201);
  const cent = await place(world, agent, "svc_cent");
  expect(errorOf(cent)).toMatchObject({ status: 403, code: "AGENT_DAILY_LIMIT_EXCEEDED" });
  const today = world.market.clock.now().toISOString().slice(0, 10);
  expect(cent.body.error.details).toEqual({
    rule: "dailySpendLimit",
    limit: 1.1,
    spentToday: 1.1,
    remainingToday: 0,
    amount: 0.01,
    currency: "USD",
    day: today,
    resetsAt: new Date(Date.parse(today) + day).toISOString(),
  });
  expect(cent.body.error.message).toContain("0.01 USDC is more than the 0 USD left of 1.1 USD");
  expect(cent.body.error.message).toContain("1.1 USD are spent or reserved");
  // What costs nothing still passes.
  expect((await place(world, agent, "svc_free")).status).toBe(201);
});

test("one order may not cost more than perTransactionLimit", async () => {
  const agent = await agentWith({ perTransactionLimit: 0.99 });
  const dear = await place(world, agent, "svc_one");
  expect(errorOf(dear)).toMatchObject({ status: 403, code: "AGENT_SPEND_LIMIT_EXCEEDED" });
  expect(dear.body.error.details).toEqual({
    rule: "perTransactionLimit",
    limit: 0.99,
    amount: 1,
    currency: "USD",
  });
  expect(await spentToday(world, agent)).toBe(0);
});

test("a policy in another currency does not compare", async () => {
  const agent = await agentWith({ dailySpendLimit: 100, currency: "EUR" });
  expect(errorOf(await place(world, agent, "svc_one"))).toEqual({
    status: 400,
    code: "VALIDATION_ERROR",
    reason: "currency_mismatch",
  });
  expect((await place(world, agent, "svc_free")).status).toBe(201);
});

test("two orders race for the last dollar on two replicas: one gets it, twenty times", async () => {
  for (let round = 0; round < 20; round++) {
    const agent = await agentWith({ dailySpendLimit: 1 });
    const answers = await Promise.all([
      place(world, agent, "svc_one"),
      place(world, agent, "svc_one", {}, { on: second }),
    ]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, 403]);
    expect(await reserved(agent.pairingId)).toBe("1");
  }
});

test("300 orders of three prices race one cap on two replicas: never over it, and used to the last fitting order", async () => {
  const agent = await agentWith({ dailySpendLimit: 10 });
  const services = ["svc_dime", "svc_odd", "svc_cent"];
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, i) =>
      place(world, agent, services[i % 3]!, {}, i % 2 === 0 ? {} : { on: second }),
    ),
  );
  const placed = answers.filter((answer) => answer.status === 201);
  for (const answer of answers)
    if (answer.status !== 201) expect(errorOf(answer).code).toBe("AGENT_DAILY_LIMIT_EXCEEDED");
  const sum = Number(await reserved(agent.pairingId));
  expect(sum).toBeLessThanOrEqual(10);
  // The cheapest order no longer fits, or everything was bought.
  expect(10 - sum).toBeLessThan(0.333333);
  expect(await spentToday(world, agent)).toBeCloseTo(sum, 6);
  expect(placed.length).toBeGreaterThan(0);
});

test("the sums of the day are the orders that hold them, to the last digit", async () => {
  const { rows } = await world.market.service.market.database.pool.query(
    `select s.machine_id, s.subject, s.day, s.spent::text as spent, coalesce(sum(o.amount), 0)::text as held
     from spend_days s left join market_orders o on o.machine_id = s.machine_id and o.spend_held
       and o.spend_day = s.day and (s.subject = '' or o.agent_pairing_id = s.subject)
     group by s.machine_id, s.subject, s.unit, s.day, s.spent`,
  );
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) expect(Number(row.spent)).toBe(Number(row.held));
});

test("a clock that jumps never lets a day's cap be exceeded", async () => {
  const { clock } = world.market;
  const agent = await agentWith({ dailySpendLimit: 1 });
  const toMidnight = day - (clock.now().getTime() % day);
  clock.add(toMidnight - 60_000);
  expect((await place(world, agent, "svc_one")).status).toBe(201);
  expect(errorOf(await place(world, agent, "svc_cent")).code).toBe("AGENT_DAILY_LIMIT_EXCEEDED");
  clock.add(120_000);
  expect((await place(world, agent, "svc_one")).status).toBe(201);
  // Back over midnight, and forth again: each day remembers what it has spent.
  clock.add(-120_000);
  expect(errorOf(await place(world, agent, "svc_cent")).code).toBe("AGENT_DAILY_LIMIT_EXCEEDED");
  clock.add(120_000);
  expect(errorOf(await place(world, agent, "svc_cent")).code).toBe("AGENT_DAILY_LIMIT_EXCEEDED");
  const { rows } = await world.market.service.market.database.pool.query(
    "select trim_scale(spent)::text as spent from spend_days where subject = $1 order by day",
    [agent.pairingId],
  );
  expect(rows).toEqual([{ spent: "1" }, { spent: "1" }]);
});

test("the allowance shows what is left, to the platform and to the pairing's own token only", async () => {
  const agent = await agentWith({ dailySpendLimit: 2, perTransactionLimit: 1.5, currency: "USD" });
  succeeded(await place(world, agent, "svc_dime"));
  const path = `/machines/${machine.id}/agent-pairings/${agent.pairingId}/allowance`;
  const now = world.market.clock.now().toISOString().slice(0, 10);
  const expected = {
    pairingId: agent.pairingId,
    machineId: machine.id,
    currency: "USD",
    perTransactionLimit: 1.5,
    dailySpendLimit: 2,
    spentToday: 0.1,
    remainingToday: 1.9,
    day: now,
    resetsAt: new Date(Date.parse(now) + day).toISOString(),
    policies: [],
  };
  expect(succeeded(await world.call("GET", path)).body.item).toEqual(expected);
  expect(succeeded(await world.call("GET", path, { token: agent.token })).body.item).toEqual(expected);
  const other = await agentWith({});
  expect(errorOf(await world.call("GET", path, { token: other.token }))).toMatchObject({ status: 404 });
  const elsewhere = `/machines/mach_000000000000/agent-pairings/${agent.pairingId}/allowance`;
  expect(errorOf(await world.call("GET", elsewhere))).toMatchObject({ status: 404 });
});
