import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { errorOf, orderBody, place, priced } from "../../test/shop.ts";
import {
  type MarketWorld,
  marketWorld,
  succeeded,
  type WorldAgent,
  type WorldMachine,
} from "../../test/world.ts";

// Guarantees: the dry run and the order never disagree.

let world: MarketWorld;
let machine: WorldMachine;

const prices = { svc_cheap: 0.2, svc_fair: 1, svc_dear: 3 } as const;

beforeAll(async () => {
  world = await marketWorld();
  machine = await world.machine("careful");
  await world.putService({ id: "svc_free" });
  for (const [id, price] of Object.entries(prices)) await world.putService(priced(world, id, price));
  await world.putService({
    ...priced(world, "svc_unknown", 1),
    pricing: { mode: "provider-defined" },
    payment: { defaultRail: "offchain-record", supportedRails: ["offchain-record"] },
  });
  await world.putService({
    id: "svc_console",
    executionMode: "external-handoff",
    handoff: { label: "console", url: "https://console.example" },
  });
  await world.putService(
    priced(world, "svc_escrow", 1, {
      payment: { ...priced(world, "", 1).payment!, defaultRail: "escrow", supportedRails: ["escrow"] },
    }),
  );
});
afterAll(() => world[Symbol.asyncDispose]());

const check = (agent: WorldAgent, serviceId: string, more: object = {}) =>
  world.call("POST", "/market/orders/check", { token: agent.token, body: orderBody(agent, serviceId, more) });

test("every rule is shown with its numbers, and nothing is written", async () => {
  const agent = await world.agent(machine, {
    name: "asker",
    policy: { dailySpendLimit: 1.1, perTransactionLimit: 2, currency: "USD" },
    fund: false,
  });
  const first = succeeded(await check(agent, "svc_fair", { budget: { max: 1 } })).body;
  expect(first).toMatchObject({
    allowed: true,
    amount: 1,
    currency: "USDC",
    service: { id: "svc_fair", name: "svc_fair" },
    rail: "wallet",
    payeeAddress: world.seller,
  });
  expect(first.checks.map((each: { rule: string }) => each.rule)).toEqual([
    "machine",
    "service",
    "operation",
    "input",
    "rail",
    "price",
    "budget",
    "payment",
    "perTransactionLimit",
    "dailySpendLimit",
  ]);
  const { rows } = await world.market.service.market.database.pool.query(
    "select (select count(*) from market_orders) as orders, (select count(*) from spend_days) as sums",
  );
  expect(rows).toEqual([{ orders: 0, sums: 0 }]);
  succeeded(await place(world, agent, "svc_fair"));
  const second = succeeded(await check(agent, "svc_cheap")).body;
  expect(second.allowed).toBe(false);
  expect(second.checks.at(-1)).toMatchObject({
    rule: "dailySpendLimit",
    passed: false,
    code: "AGENT_DAILY_LIMIT_EXCEEDED",
    details: { limit: 1.1, spentToday: 1, remainingToday: 0.1, amount: 0.2 },
  });
});

test("a machine that is not active fails its check; who may not ask gets the error itself", async () => {
  const idle = await world.machine("idle");
  const agent = await world.agent(idle, { name: "idle agent", fund: false });
  succeeded(await world.call("PATCH", `/machines/${idle.id}`, { body: { status: "blocked" } }));
  const answer = succeeded(await check(agent, "svc_free")).body;
  expect(answer).toMatchObject({ allowed: false, checks: [{ rule: "machine", code: "MACHINE_NOT_ACTIVE" }] });
  expect(errorOf(await place(world, agent, "svc_free"))).toMatchObject({
    status: 409,
    code: "MACHINE_NOT_ACTIVE",
  });
  expect(errorOf(await check({ ...agent, token: "nonsense" }, "svc_free"))).toMatchObject({
    status: 401,
    code: "AGENT_AUTH_INVALID",
  });
});

const amount = fc.constantFrom(0.19, 0.2, 1, 1.2, 2.99, 3, 10);
const limit = fc.constantFrom(0.5, 1, 3, 10, 25);
const serviceId = fc.constantFrom(
  "svc_free",
  ...Object.keys(prices),
  "svc_unknown",
  "svc_console",
  "svc_escrow",
  "svc_none",
);
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const keys = (suffix: string) =>
  fc.subarray(
    ["svc_free", "svc_cheap", "svc_fair", "svc_console"].map((id) => `${id}${suffix}`),
    {
      maxLength: 3,
    },
  );
const policies = fc.record(
  {
    allowedSkillKeys: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, keys("-skill")),
    deniedSkillKeys: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, keys("-skill")),
    deniedServiceIds: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, keys("")),
    perTransactionLimit: limit,
    dailySpendLimit: limit,
    currency: fc.constantFrom("USD", "USDT", "USD", "USDC", "EUR"),
  },
  { requiredKeys: [] },
);
const bodies = fc.record({
  serviceId,
  operation: optional(fc.constantFrom("get-latest-price", "Get_latest_price", "fly")),
  quoteId: fc.oneof(
    { weight: 12, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant("mquote_000000000000") },
  ),
  budget: optional(
    fc.record({
      amount: optional(amount),
      max: optional(amount),
      currency: optional(fc.constantFrom("USD", "EUR")),
    }),
  ),
});

test("for any policy and any order: the dry run allows it exactly when it is accepted, with the same code", async () => {
  let agents = 0;
  let accepted = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(policies, fc.array(bodies, { minLength: 10, maxLength: 25 }), async (policy, orders) => {
      const agent = await world.agent(machine, { name: `random agent ${agents++}`, policy, fund: false });
      for (const { serviceId: id, ...more } of orders) {
        const asked = succeeded(await check(agent, id, more)).body;
        const answer = await place(world, agent, id, more);
        expect({ allowed: asked.allowed, more, id }).toEqual({ allowed: answer.status === 201, more, id });
        if (answer.status === 201) {
          accepted++;
          expect(answer.body.item.payment.defaultRail).toBe(asked.rail);
          continue;
        }
        refused++;
        const first = asked.checks.find((each: { passed: boolean }) => !each.passed);
        expect(answer.body.error.code).toBe(first.code);
        expect(answer.body.error.message).toContain(first.message.replace(/[.\s]+$/, ""));
      }
    }),
    { numRuns: 20, seed: 4, endOnFailure: true },
  );
  expect(Math.min(accepted, refused)).toBeGreaterThan(20);
});
