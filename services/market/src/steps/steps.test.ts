import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { executionScene, type Scene } from "../../test/execution-scene.ts";
import { place } from "../../test/shop.ts";
import { succeeded, type WorldAgent } from "../../test/world.ts";
import { fail } from "../kit/errors.ts";
import type { Step } from "./step.ts";
import { createSteps, type Steps } from "./steps.ts";

// Guarantees: of steps that are written together each is done or refused on its own, and none is done by halves.

let scene: Scene;
let steps: Steps;
beforeAll(async () => {
  scene = await executionScene();
  await scene.seller({ id: "svc_echo" });
  steps = createSteps(scene.world.market.service.market, {} as Parameters<typeof createSteps>[1]);
});
afterAll(() => scene[Symbol.asyncDispose]());

const orders = (count: number) =>
  Promise.all(Array.from({ length: count }, (_, i) => scene.order("svc_echo", { text: `order ${i}` })));

/** A payment that nobody has to pay. */
async function withPayment({ client, order }: Step): Promise<void> {
  await client.query(
    `insert into market_payments (id, order_id, tenant_id, machine_id, agent_address, status, rail, notes, created_at, updated_at)
     values ($1, $2, $3, $4, '0x00', 'not_required', '{}', '[]', now(), now())`,
    [order.id.replace("mord", "mpay"), order.id, order.tenant_id, order.machine_id],
  );
}

async function cancelled(orderId: string): Promise<unknown[]> {
  const { rows } = await scene.world.market.service.market.database.pool.query(
    "select type from audit_events where resource_id = $1 and type = 'order.cancelled'",
    [orderId],
  );
  return [(await scene.read(orderId)).status, rows.length];
}

test("a refused step and one whose statement fails leave nothing; the others of their transaction are done", async () => {
  const [a, b, c, d] = await orders(4);
  const transactions = new Set<string>();
  const outcomes = await Promise.allSettled(
    [a, b, c, d].map(({ id }) =>
      steps.system(id, async (step) => {
        step.moveOrder("cancel", { cancelled_at: step.now });
        const { rows } = await step.client.query("select pg_current_xact_id()::text as id");
        transactions.add(rows[0].id);
        if (id === b.id) throw fail("CONFLICT", "not this one");
        if (id === c.id) await step.client.query("select 1 / 0");
        return id;
      }),
    ),
  );
  expect(outcomes).toMatchObject([
    { status: "fulfilled", value: a.id },
    { status: "rejected", reason: { code: "CONFLICT" } },
    { status: "rejected", reason: { message: "division by zero" } },
    { status: "fulfilled", value: d.id },
  ]);
  expect(await Promise.all([a, b, c, d].map(({ id }) => cancelled(id)))).toEqual([
    ["cancelled", 1],
    ["created", 0],
    ["created", 0],
    ["cancelled", 1],
  ]);
  // One for all of them, and after the fault one for each.
  expect(transactions.size).toBe(5);
});

test("a step that asks for a transaction of its own has one; what it wrote itself is taken back with it", async () => {
  const [a, b] = await orders(2);
  const seen: string[] = [];
  const write = (orderId: string, needs: boolean) =>
    steps.system(orderId, async (step) => {
      if (needs) step.needOwnTransaction();
      const { rows } = await step.client.query("select pg_current_xact_id()::text as id");
      seen.push(rows[0].id);
      await step.client.query("update market_orders set error_message = 'written' where id = $1", [orderId]);
      if (needs) throw fail("CONFLICT", "after all");
    });
  const [own, shared] = await Promise.allSettled([write(a.id, true), write(b.id, false)]);
  expect([own.status, shared.status]).toEqual(["rejected", "fulfilled"]);
  expect(new Set(seen).size).toBe(2);
  expect([(await scene.read(a.id)).errorMessage, (await scene.read(b.id)).errorMessage]).toEqual([
    null,
    "written",
  ]);
});

test("two steps of one order come one after the other, and the state machine decides the second", async () => {
  const [order] = await orders(1);
  const cancel = () =>
    steps.system(order!.id, (step) => step.moveOrder("cancel", { cancelled_at: step.now }).status);
  const outcomes = await Promise.allSettled([cancel(), cancel()]);
  expect(outcomes).toMatchObject([
    { status: "fulfilled", value: "cancelled" },
    { status: "rejected", reason: { code: "ORDER_CLOSED" } },
  ]);
  expect(await cancelled(order!.id)).toEqual(["cancelled", 1]);
  expect(await steps.system("mord_000000000000", () => 1)).toBeNull();
});

test.each([
  ["an order", "market_orders where id"],
  ["its payment", "market_payments where order_id"],
])(
  "%s that somebody holds keeps no other waiting; the held one's steps are done when it is free",
  async (_, rows) => {
    const [held, other, third] = await orders(3);
    await steps.system(held.id, withPayment);
    const { pool } = scene.world.market.service.market.database;
    const holder = await pool.connect();
    await holder.query("begin");
    await holder.query(`select from ${rows} = $1 for update`, [held.id]);
    const done: string[] = [];
    const step = (name: string, orderId: string) =>
      steps
        .system(orderId, (given) => given.moveOrder("cancel", { cancelled_at: given.now }).status)
        .then((status) => {
          done.push(name);
          return status;
        });
    const first = step("held", held.id);
    const second = step("held again", held.id).catch(({ code }) => done.push("held again") && code);
    expect(await step("other", other.id)).toBe("cancelled");
    expect(await step("third", third.id)).toBe("cancelled");
    expect(await steps.system("mord_000000000000", () => 1)).toBeNull();
    expect(done).toEqual(["other", "third"]);
    await holder.query("commit");
    holder.release();
    expect(await first).toBe("cancelled");
    expect(await second).toBe("ORDER_CLOSED");
    expect(done).toEqual(["other", "third", "held", "held again"]);
    expect(await cancelled(held.id)).toEqual(["cancelled", 1]);
  },
);

test("a pairing that somebody holds keeps no other waiting", async () => {
  const { world } = scene;
  const { pool } = world.market.service.market.database;
  const agent = await world.agent(scene.machine, { name: "held", fund: false });
  const mine = succeeded(await place(world, agent, "svc_echo", { input: { text: "mine" } })).body.item;
  const [other] = await orders(1);
  const holder = await pool.connect();
  await holder.query("begin");
  await holder.query("select from agent_pairings where id = $1 for update", [agent.pairingId]);
  const intent = (orderId: string, { token }: WorldAgent) =>
    world.call("POST", `/market/orders/${orderId}/payment-intent`, { token, body: {} });
  const waiting = intent(mine.id, agent);
  await vi.waitFor(async () => {
    const asks =
      "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
    expect((await pool.query(asks)).rowCount).toBe(1);
  });
  expect((await intent(other!.id, scene.agent)).status).toBe(200);
  await holder.query("update agent_pairings set status = 'paused' where id = $1", [agent.pairingId]);
  await holder.query("commit");
  holder.release();
  expect((await waiting).body.error.code).toBe("AGENT_PAIRING_INACTIVE");
  expect((await scene.read(mine.id)).status).toBe("created");
});
