import { afterAll, beforeAll, expect, test } from "vitest";
import { errorOf, orderBody, priced, spentToday } from "../../test/shop.ts";
import { type MarketWorld, marketWorld, succeeded, type WorldAgent } from "../../test/world.ts";

// Guarantees: a batch is nothing but its orders; repeated with its key it doubles none.

let world: MarketWorld;
let agent: WorldAgent;

beforeAll(async () => {
  world = await marketWorld();
  agent = await world.agent(await world.machine("wholesale"), {
    policy: { dailySpendLimit: 10 },
    fund: false,
  });
  await world.putService(priced(world, "svc_one", 1));
});
afterAll(() => world[Symbol.asyncDispose]());

const batch = (orders: object[], options: object = {}) =>
  world.call("POST", "/market/orders/batch", { token: agent.token, body: { orders }, ...options });

test("each order passes or is refused on its own, in the order given", async () => {
  const one = orderBody(agent, "svc_one");
  const none = orderBody(agent, "svc_none");
  const orders = [...Array.from({ length: 8 }, () => one), none, ...Array.from({ length: 6 }, () => one)];
  const answer = succeeded(await batch(orders, { key: "batch-1" })).body;
  expect(answer).toMatchObject({ placed: 10, refused: 5 });
  const codes = answer.results.map(
    (each: { error: { code: string } | null }) => each.error?.code ?? "placed",
  );
  expect(codes).toEqual([
    ...Array(8).fill("placed"),
    "NOT_FOUND",
    ...Array(2).fill("placed"),
    ...Array(4).fill("AGENT_DAILY_LIMIT_EXCEEDED"),
  ]);
  expect(answer.results[14].error.details).toMatchObject({ limit: 10, remainingToday: 0 });
  expect(await spentToday(world, agent)).toBe(10);

  // Again with the key: the ten are the same ten, and what was refused is tried again.
  const cancelled = answer.results[0].order.id;
  succeeded(await world.call("POST", `/market/orders/${cancelled}/cancel`, { token: agent.token }));
  const again = succeeded(await batch(orders, { key: "batch-1" })).body;
  const ids = (results: { order: { id: string } | null }[]) => results.map((each) => each.order?.id ?? null);
  expect(ids(again.results).slice(0, 11)).toEqual(ids(answer.results).slice(0, 11));
  expect(again.results[0].order.status).toBe("cancelled");
  expect(again).toMatchObject({ placed: 11, refused: 4 });
  expect(await spentToday(world, agent)).toBe(10);
});

test("none, too many, another pairing's, and a key without room", async () => {
  expect(errorOf(await batch([])).code).toBe("VALIDATION_ERROR");
  const one = orderBody(agent, "svc_one");
  expect(errorOf(await batch(Array.from({ length: 501 }, () => one))).code).toBe("VALIDATION_ERROR");
  expect(errorOf(await batch([one], { key: "k".repeat(251) })).code).toBe("VALIDATION_ERROR");
  const other = await world.agent(agent.machine, { name: "other wholesaler", fund: false });
  const foreign = succeeded(await batch([orderBody(other, "svc_one")])).body;
  expect(foreign).toMatchObject({
    placed: 0,
    refused: 1,
    results: [{ error: { code: "AGENT_AUTH_INVALID" } }],
  });
  expect(errorOf(await batch([one], { token: "nonsense" }))).toMatchObject({
    status: 401,
    code: "AGENT_AUTH_INVALID",
  });
});
