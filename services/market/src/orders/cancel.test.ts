import { afterAll, beforeAll, expect, test } from "vitest";
import { errorOf, place, priced, spentToday } from "../../test/shop.ts";
import { type MarketWorld, marketWorld, succeeded, type WorldAgent } from "../../test/world.ts";

// Guarantees: a cancelled order gives its spend back once; money that is held is not given up by cancelling.

let world: MarketWorld;
let agent: WorldAgent;

beforeAll(async () => {
  world = await marketWorld();
  agent = await world.agent(await world.machine("canceller"), { policy: { dailySpendLimit: 2 } });
  await world.putService(priced(world, "svc_two", 2));
  await world.putService({ id: "svc_free" });
});
afterAll(() => world[Symbol.asyncDispose]());

const cancel = (id: string, options: object = {}) =>
  world.call("POST", `/market/orders/${id}/cancel`, { token: agent.token, ...options });
const ordered = async (service = "svc_two") => succeeded(await place(world, agent, service)).body.item.id;
/** What the payment's own steps do to the rows. */
const set = (sql: string, id: string) => world.market.service.market.database.pool.query(sql, [id]);

test("cancelling gives the spend back, once", async () => {
  const id = await ordered();
  expect(await spentToday(world, agent)).toBe(2);
  const answer = succeeded(await cancel(id, { body: { reason: "changed my mind" }, key: "c-1" }));
  expect(answer.body.item).toMatchObject({ id, status: "cancelled" });
  expect(answer.body.item.cancelledAt).not.toBeNull();
  expect(await spentToday(world, agent)).toBe(0);
  // The repeated request is answered alike; a new one finds the order closed.
  expect((await cancel(id, { body: { reason: "changed my mind" }, key: "c-1" })).body).toEqual(answer.body);
  expect(errorOf(await cancel(id))).toMatchObject({ status: 409, code: "ORDER_CLOSED" });
  expect(await spentToday(world, agent)).toBe(0);
  const audit = succeeded(await world.call("GET", `/audit-events?machineId=${agent.machine.id}`)).body.items;
  expect(audit[0]).toMatchObject({
    type: "order.cancelled",
    resourceId: id,
    payload: { before: "created", after: "cancelled", reason: "changed my mind" },
  });
});

test("ten at once cancel an order once", async () => {
  const id = await ordered();
  const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(id)));
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  expect(await spentToday(world, agent)).toBe(0);
});

test("an order whose payment is held is not cancelled: dispute or refund come first", async () => {
  const id = await ordered();
  await set("update market_orders set status = 'ready' where id = $1", id);
  await set("update market_payments set status = 'held' where order_id = $1", id);
  const refused = await cancel(id);
  expect(errorOf(refused)).toEqual({ status: 409, code: "CONFLICT", reason: "payment_held" });
  expect(refused.body.error.message).toContain("Dispute it");
  expect(await spentToday(world, agent)).toBe(2);
  await set(
    "update market_payments set status = 'intent_created', outcome = 'unknown' where order_id = $1",
    id,
  );
  await set("update market_orders set status = 'payment_pending' where id = $1", id);
  expect(errorOf(await cancel(id)).reason).toBe("payment_unknown");
  await set("update market_payments set outcome = 'failed' where order_id = $1", id);
  expect((await cancel(id)).status).toBe(200);
  expect(await spentToday(world, agent)).toBe(0);
});

test("an order under way or delivered is not cancelled", async () => {
  const id = await ordered("svc_free");
  for (const status of ["executing", "delivered", "handoff"]) {
    await set(`update market_orders set status = '${status}' where id = $1`, id);
    expect(errorOf(await cancel(id))).toEqual({ status: 409, code: "CONFLICT", reason: "order_state" });
  }
});

test("only the order's own pairing cancels it", async () => {
  const id = await ordered("svc_free");
  const other = await world.agent(agent.machine, { name: "other canceller", fund: false });
  const stranger = await world.agent(await world.machine("stranger"), { fund: false });
  expect(errorOf(await cancel(id, { token: other.token })).code).toBe("AGENT_AUTH_INVALID");
  expect(errorOf(await cancel(id, { token: stranger.token })).code).toBe("AGENT_AUTH_INVALID");
  expect(errorOf(await cancel("mord_000000000000"))).toMatchObject({ status: 404, code: "NOT_FOUND" });
});
