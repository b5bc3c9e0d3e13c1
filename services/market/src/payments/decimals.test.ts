import { afterAll, beforeAll, expect, test } from "vitest";
import { type PaymentWorld, paymentWorld } from "./test/payment-world.ts";

// Guarantees: a payment whose token the market had not met when the order was placed is not lost, whether or not an
// intent came before the proof.

let p: PaymentWorld;
beforeAll(async () => {
  p = await paymentWorld();
});
afterAll(() => p[Symbol.asyncDispose]());

test("the first order in a token is paid and proved without an intent", async () => {
  const order = await p.order("svc_usdc");
  const payment = await p.payment(order);
  expect(payment.rail.metadata).toEqual({});
  const hash = await p.transfer(p.agent.account, payment.rail.tokenAddress, p.world.seller, 50_000n);
  const proved = await p.prove(order, p.proof(payment, hash, { rawAmount: "50000", tokenDecimals: 6 }));
  expect(proved).toMatchObject({
    status: 200,
    body: { item: { status: "held", rail: { metadata: { rawAmount: "50000", tokenDecimals: 6 } } } },
  });
  expect(await p.read(order)).toMatchObject({ status: "ready" });
});
