import { afterAll, beforeAll, expect, test } from "vitest";
import { errorOf } from "../../test/shop.ts";
import { succeeded } from "../../test/world.ts";
import { type PaymentWorld, paymentWorld } from "./test/payment-world.ts";

// Guarantees: a price that the provider left open cannot be named past a cap that was set after the order was placed.

let p: PaymentWorld;
beforeAll(async () => {
  p = await paymentWorld();
});
afterAll(() => p[Symbol.asyncDispose]());

test("a cap of the machine's policy also holds for a price named with the intent", async () => {
  const order = await p.order("svc_open");
  const policy = succeeded(
    await p.world.call("POST", "/policies", {
      body: { name: "cap", budgetCap: { amount: 1, currency: "USD" } },
    }),
  ).body.item;
  succeeded(
    await p.world.call("PATCH", `/machines/${p.agent.machine.id}`, { body: { policyIds: [policy.id] } }),
  );
  const named = await p.act(order, "payment-intent", { amount: 500, currency: "USDC" });
  expect(errorOf(named)).toMatchObject({ status: 403, code: "AGENT_DAILY_LIMIT_EXCEEDED" });
  expect((await p.payment(order)).amount).toBeNull();
});
