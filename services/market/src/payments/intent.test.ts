import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PaymentWorld, paymentWorld } from "./test/payment-world.ts";

let p: PaymentWorld;
beforeAll(async () => {
  p = await paymentWorld();
});
afterAll(() => p[Symbol.asyncDispose]());

const stranger = "0x52908400098527886E0F7030069857D2E4169EE7";

test("the payment of a paid order is complete before any intent", async () => {
  const order = await p.order("svc_usdc");
  const payment = await p.payment(order);
  expect(payment).toMatchObject({
    orderId: order.id,
    status: "intent_created",
    amount: 0.05,
    currency: "USD",
    outcome: null,
    proof: null,
    rail: {
      type: "wallet",
      chain: p.world.chainName,
      token: "USDC",
      tokenAddress: p.world.chain.deployment.usdc,
      payerAddress: p.agent.address,
      payeeAddress: p.world.seller,
    },
  });
  expect((await p.act(order, "payment-intent", {})).body.item).toMatchObject({
    rail: { metadata: { rawAmount: "50000", tokenDecimals: 6 } },
  });
  expect(await p.read(order)).toMatchObject({ status: "payment_pending" });
});

test("an intent that repeats the recommendation, as the published client does, returns the payment unchanged", async () => {
  const order = await p.order("svc_usdc");
  const first = (await p.act(order, "payment-intent", {})).body.item;
  const { type, chain, token, tokenAddress, payerAddress, payeeAddress } = first.rail;
  const again = await p.act(order, "payment-intent", {
    rail: { type, chain, token, tokenAddress: tokenAddress.toLowerCase(), payerAddress, payeeAddress },
  });
  expect(again).toMatchObject({ status: 200, body: { item: first } });
});

test("where no payment is required, the intent says so and the order is ready", async () => {
  const order = await p.order("svc_free");
  expect(await p.payment(order)).toBeNull();
  const intent = await p.act(order, "payment-intent", undefined);
  expect(intent.body.item).toMatchObject({ status: "not_required", rail: { type: "not-required" } });
  expect(await p.read(order)).toMatchObject({ status: "ready" });
  expect((await p.act(order, "payment-intent", {})).body.item).toEqual(intent.body.item);
  expect(
    (await p.act(await p.order("svc_free"), "payment-intent", { rail: { type: "wallet" } })).body,
  ).toMatchObject({
    error: { code: "VALIDATION_ERROR", details: { reason: "payment_not_required" } },
  });
});

describe("what the seller relies on never comes from the caller", () => {
  test.each([
    ["wrong_payee", { rail: { payeeAddress: stranger } }],
    ["wrong_payee", { rail: { walletAddress: stranger, payeeAddress: stranger } }],
    ["wrong_token", { rail: { tokenAddress: stranger } }],
    ["wrong_token", { rail: { token: "SHELL" } }],
    ["wrong_token", { rail: { tokenMint: "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v" } }],
    ["wrong_chain", { rail: { chain: "eip155:1" } }],
    ["wrong_amount", { amount: 0.04 }],
    ["wrong_amount", { amount: 0.06 }],
    ["wrong_amount", { rail: { metadata: { rawAmount: "1" } } }],
    ["wrong_currency", { currency: "EUR" }],
    ["wrong_payer", { rail: { payerAddress: "acct-1" } }],
    ["self_payment", { rail: { payerAddress: "SELLER" } }],
    ["payment_required", { rail: { type: "not-required" } }],
    ["rail_not_supported", { rail: { type: "external" } }],
    ["rail_not_supported", { rail: { type: "offchain-record" } }],
    ["rail_not_offered", { rail: { type: "x402" } }],
    ["rail_not_offered", { rail: { type: "xvv42" } }],
    ["rail_not_offered", { rail: { type: "escrow" } }],
  ])("%s: %j", async (reason, body) => {
    const order = await p.order("svc_usdc");
    const before = await p.payment(order);
    const text = JSON.stringify(body).replace("SELLER", p.world.seller);
    const answer = await p.act(order, "payment-intent", JSON.parse(text));
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: "VALIDATION_ERROR", details: { reason } } },
    });
    expect(await p.payment(order)).toEqual(before);
  });
});

test("a rail whose payments nobody checks has to be on the service's list even where rails are not enforced", async () => {
  await using loose = await paymentWorld({ PEAQOS_ENFORCE_SERVICE_PAYMENT_RAILS: "false" });
  await loose.world.putService({
    id: "svc_wallet_only",
    pricing: { mode: "fixed", amount: 1, currency: "USD" },
    payment: {
      defaultRail: "wallet",
      chain: loose.world.chainName,
      token: "USDC",
      tokenAddress: loose.world.chain.deployment.usdc,
      payeeAddress: loose.world.seller,
    },
  });
  const order = await loose.order("svc_wallet_only");
  expect((await loose.act(order, "payment-intent", { rail: { type: "external" } })).body.error).toMatchObject(
    {
      details: { reason: "rail_not_supported" },
    },
  );
  expect(
    (await loose.act(order, "payment-intent", { rail: { type: "wdk-usdt-transfer" } })).body.item.rail.type,
  ).toBe("wdk-usdt-transfer");
});

// Guarantees that nobody can pay with what another agent sends, however early he asks for it.
test("a payer beside the agent belongs to the first that names it, and an agent's address to that agent", async () => {
  const other = await p.world.agent(p.agent.machine, { name: "another agent" });
  const wallet = (await p.world.chain.account("a wallet of the first")).address;
  const name = (order: unknown, payerAddress: string) =>
    p.act(order, "payment-intent", { rail: { payerAddress } });
  const first = await p.order("svc_usdc");
  expect((await name(first, wallet)).body.item.rail.payerAddress).toBe(wallet);
  const second = await p.order("svc_usdc", { agent: other });
  for (const taken of [wallet, p.agent.address])
    expect((await name(second, taken)).body).toMatchObject({
      error: { code: "VALIDATION_ERROR", details: { reason: "payer_taken" } },
    });
  expect((await name(await p.order("svc_usdc"), wallet)).status).toBe(200);
});

test("what the caller notes with a payment keeps every digit, whatever happens to the payment then", async () => {
  const order = await p.order("svc_recorded");
  const rail = '{"type":"offchain-record","metadata":{"invoice":12345678901234567891}}';
  expect((await p.act(order, "payment-intent", `{"rail":${rail}}`)).status).toBe(200);
  const proof = p.proof(await p.payment(order), `0x${"cd".repeat(32)}`, {
    rawAmount: undefined,
    tokenDecimals: undefined,
  });
  expect((await p.act(order, "payment-proof", proof)).body.item).toMatchObject({ status: "held" });
  const kept = "select rail->'metadata'->>'invoice' as invoice from market_payments where order_id = $1";
  expect(await p.sql(kept, [order.id])).toEqual([{ invoice: "12345678901234567891" }]);
});

test("a price that the provider left open is named within the pairing's limits", async () => {
  const open = await p.order("svc_open");
  expect(await p.payment(open)).toMatchObject({ amount: null });
  expect((await p.act(open, "payment-intent", { amount: 0.3 })).body.item).toMatchObject({
    amount: 0.3,
    rail: { metadata: { rawAmount: "300000" } },
  });
  const limited = await p.world.agent(p.agent.machine, {
    name: "limited",
    policy: { perTransactionLimit: 0.1, currency: "USD" },
  });
  const order = await p.order("svc_open", {
    agent: limited,
    body: { budget: { amount: 0.1, currency: "USD" } },
  });
  expect((await p.act(order, "payment-intent", { amount: 0.2 })).body.error.code).toBe(
    "AGENT_SPEND_LIMIT_EXCEEDED",
  );
});

test("limits set after an order without a price still hold", async () => {
  const agent = await p.world.agent(p.agent.machine, { name: "later limited" });
  const order = await p.order("svc_open", { agent });
  await p.world.call("PATCH", `/machines/${agent.machine.id}/agent-pairings/${agent.pairingId}`, {
    body: { delegationPolicy: { dailySpendLimit: 1, currency: "USD" } },
  });
  const { token } = await p.world.rotate(agent);
  const answer = await p.act(order, "payment-intent", { amount: 0.5 }, { token });
  expect(answer).toMatchObject({ status: 403, body: { error: { code: "AGENT_DAILY_LIMIT_EXCEEDED" } } });
});

test("an unknown order has no payment, and a stranger's token opens nothing", async () => {
  expect((await p.world.call("GET", "/market/orders/mord_none/payment")).body.error.code).toBe("NOT_FOUND");
  expect(
    (await p.act({ id: "mord_none" }, "payment-intent", {}, { token: p.agent.token })).body.error.code,
  ).toBe("NOT_FOUND");
  const order = await p.order("svc_usdc");
  const other = await p.world.agent(p.agent.machine, { name: "stranger" });
  for (const step of ["payment-intent", "payment/release", "payment/refund", "confirm"])
    expect((await p.act(order, step, {}, { token: other.token })).body.error.code).toBe("AGENT_AUTH_INVALID");
});

test("escrow is not offered, and the answer says so", async () => {
  const order = await p.order("svc_usdc");
  const body = { transactionHash: `0x${"1".repeat(64)}`, chain: p.world.chainName, escrowAddress: stranger };
  expect(await p.act(order, "payment/escrow-lock", body)).toMatchObject({
    status: 400,
    body: { error: { code: "VALIDATION_ERROR", details: { reason: "rail_not_offered" } } },
  });
});
