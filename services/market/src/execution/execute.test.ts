import { afterAll, beforeAll, expect, test } from "vitest";
import type { FaultySeller } from "../../../../examples/sellers/faulty/seller.ts";
import { executionScene, type Scene } from "../../test/execution-scene.ts";
import { errorOf, priced } from "../../test/shop.ts";
import { succeeded } from "../../test/world.ts";

let scene: Scene;
let seller: FaultySeller;
beforeAll(async () => {
  scene = await executionScene();
  seller = await scene.seller({ id: "svc_echo" });
});
afterAll(() => scene[Symbol.asyncDispose]());

const callsOf = (orderId: string) => seller.calls.filter((call) => call.orderId === orderId);

test("an order that needs no payment is executed at once, with a task, a route, a run and an outcome", async () => {
  const order = await scene.order("svc_echo");
  const { status, body } = await scene.execute(order.id);
  expect(status).toBe(200);
  const { runId, taskId, routeId, outcomeId } = body.order;
  expect(body).toMatchObject({
    order: { status: "delivered", deliveredAt: expect.any(String), confirmBy: expect.any(String) },
    execution: {
      statusCode: 200,
      run: { id: runId, status: "completed", executionMode: "native", skillKey: "faulty-echo", outcomeId },
      outcome: { id: outcomeId, status: "completed", result: { text: "hello" }, externalRef: null },
    },
  });
  const [call] = callsOf(order.id);
  expect(call).toMatchObject({
    key: runId,
    machineId: scene.machine.id,
    payment: null,
    input: { text: "hello" },
  });
  expect(call?.headers["content-type"]).toBe("application/json");
  const work = { orderId: order.id, machineId: scene.machine.id, serviceId: "svc_echo" };
  const get = async (path: string) => succeeded(await scene.world.call("GET", path)).body.item;
  expect(await get(`/tasks/${taskId}`)).toMatchObject({
    orderId: order.id,
    status: "completed",
    outcomeId,
    routeId,
  });
  expect(await get(`/routes/${routeId}`)).toMatchObject({
    taskId,
    status: "used",
    endpoint: { adapter: "peaqos-http-1", url: `${seller.url}/echo` },
  });
  expect(await get(`/runs/${runId}`)).toMatchObject({
    ...work,
    taskId,
    status: "completed",
    latencyMs: expect.any(Number),
  });
  expect(await get(`/outcomes/${outcomeId}`)).toMatchObject({
    ...work,
    taskId,
    runId,
    result: { text: "hello" },
  });
});

test("execute on a delivered order answers what is stored, and a closed order says so", async () => {
  const order = await scene.order("svc_echo");
  const first = await scene.execute(order.id);
  const second = await scene.execute(order.id, { body: { input: { text: "other" } } });
  expect(second.body).toEqual(first.body);
  expect(callsOf(order.id).length).toBe(1);
  succeeded(
    await scene.world.call("POST", `/market/orders/${order.id}/confirm`, {
      token: scene.agent.token,
      body: {},
    }),
  );
  expect(errorOf(await scene.execute(order.id))).toMatchObject({ status: 409, code: "ORDER_CLOSED" });
  expect(errorOf(await scene.retry(order.id))).toMatchObject({ status: 409, code: "ORDER_CLOSED" });
});

test("the same Idempotency-Key waits for the same run and gets the same answer, also after the end", async () => {
  const order = await scene.order("svc_echo");
  const key = "one execution";
  const options = { key: key.replace(" ", "-"), body: { input: { text: "x" } } };
  const answers = await Promise.all([1, 2, 3, 4].map(() => scene.execute(order.id, options)));
  for (const answer of answers) expect(answer.body).toEqual(answers[0]?.body);
  expect(answers[0]?.status).toBe(200);
  expect(callsOf(order.id).length).toBe(1);
  const reused = await scene.execute(order.id, { ...options, body: { input: { text: "y" } } });
  expect(errorOf(reused)).toMatchObject({ code: "CONFLICT", reason: "idempotency_key_reused" });
});

test("while one runs a second is refused, and a call that waited long enough is told to come again", async () => {
  const hasty = await scene.world.market.replica({ PEAQOS_EXECUTION_WAIT_MS: "50" });
  const order = await scene.order("svc_echo");
  seller.set("slow", 1);
  const first = await scene.execute(order.id, { key: "slow-one", on: hasty });
  expect(errorOf(first)).toMatchObject({ status: 409, code: "CONFLICT", reason: "execution_in_progress" });
  expect(errorOf(await scene.execute(order.id))).toMatchObject({
    status: 409,
    reason: "execution_in_progress",
  });
  expect(await scene.read(order.id)).toMatchObject({ status: "executing" });
  const cancel = await scene.world.call("POST", `/market/orders/${order.id}/cancel`, {
    token: scene.agent.token,
  });
  expect(errorOf(cancel)).toMatchObject({ status: 409, code: "CONFLICT" });
  seller.release();
  const again = await scene.execute(order.id, { key: "slow-one" });
  expect(again.body.order.status).toBe("delivered");
  await hasty.stop();
  expect(callsOf(order.id).length).toBe(1);
});

test("input of the call wins over the order's, in either spelling, and the contract names what is wrong", async () => {
  const contract = {
    type: "object",
    required: ["baseSymbol"],
    additionalProperties: false,
    properties: {
      baseSymbol: { type: "string" },
      text: { type: "string" },
      nested: { properties: { deep_key: {} } },
    },
  };
  const base = seller.listing();
  await scene.world.putService({
    ...(base as object),
    id: "svc_spelled",
    metadata: { contracts: { echo: { inputSchema: contract } } },
  });
  const order = await scene.order("svc_spelled", {
    text: "hello",
    base_symbol: "EUR",
    nested: { deepKey: 1 },
  });
  const done = await scene.execute(order.id, { body: { input: { text: "mine" } } });
  expect(done.body.order).toMatchObject({
    status: "delivered",
    input: { base_symbol: "EUR", nested: { deepKey: 1 } },
  });
  expect(callsOf(order.id)[0]?.input).toEqual({ text: "mine", baseSymbol: "EUR", nested: { deep_key: 1 } });

  const missing = await scene.order("svc_spelled", {}, { input: undefined });
  const refused = await scene.execute(missing.id, { body: { input: { text: "hello" } } });
  expect(refused.status).toBe(400);
  expect(refused.body.error).toMatchObject({
    code: "VALIDATION_ERROR",
    message: expect.stringContaining("input.baseSymbol: is missing"),
    details: { field: "input.baseSymbol", rule: "required", operation: "echo" },
  });
  for (const [input, field] of [
    [{ baseSymbol: 5 }, "input.baseSymbol"],
    [{ baseSymbol: "EUR", surprise: 1 }, "input.surprise"],
  ] as const) {
    const answer = await scene.execute(missing.id, { body: { input } });
    expect(answer.body.error).toMatchObject({ code: "VALIDATION_ERROR", details: { field } });
  }
  const surrogate = await scene.execute(missing.id, { body: { input: { baseSymbol: "\ud800" } } });
  expect(surrogate.body.error.code).toBe("VALIDATION_ERROR");
  // Nothing has happened: the right input goes through.
  const right = await scene.execute(missing.id, { body: { input: { baseSymbol: "EUR" } } });
  expect(right.body.order.status).toBe("delivered");
  expect(callsOf(missing.id).length).toBe(1);
});

test("an unpaid order is not executed; a paid one shows its seller the payment", async () => {
  await scene.world.putService({
    ...(seller.listing() as object),
    ...priced(scene.world, "svc_paid", 0.05),
  });
  const order = await scene.order("svc_paid");
  const refused = await scene.execute(order.id);
  expect(refused.status).toBe(402);
  expect(refused.body.error).toMatchObject({
    code: "PAYMENT_REQUIRED",
    details: { status: "created", paymentStatus: "intent_created" },
  });
  const act = (step: string, body: object) =>
    scene.world.call("POST", `/market/orders/${order.id}/${step}`, { token: scene.agent.token, body });
  const intent = succeeded(await act("payment-intent", {})).body.item;
  expect((await scene.execute(order.id)).body.error.code).toBe("PAYMENT_REQUIRED");
  const transactionHash = await scene.world.pay(scene.agent, intent);
  succeeded(
    await act("payment-proof", {
      verificationMode: "rpc",
      transactionHash,
      chain: intent.rail.chain,
      token: intent.rail.token,
      tokenAddress: intent.rail.tokenAddress,
      payerAddress: intent.rail.payerAddress,
      payeeAddress: intent.rail.payeeAddress,
      amount: String(intent.amount),
    }),
  );
  expect(callsOf(order.id).length).toBe(0);
  expect((await scene.execute(order.id)).body.order.status).toBe("delivered");
  const [call] = callsOf(order.id);
  expect(JSON.parse(call?.payment ?? "null")).toEqual({
    chain: scene.world.chainName,
    token: "USDC",
    transactionHash,
    payer: scene.agent.address.toLowerCase(),
    payee: scene.world.seller.toLowerCase(),
    amount: "0.05",
    rawAmount: "50000",
  });
});

test("a hand-off answers 202 with the link, again and again, and calls nobody", async () => {
  const before = seller.calls.length;
  await scene.world.putService({
    ...(seller.listing() as object),
    id: "svc_desk",
    executionMode: "external-handoff",
    integrationStatus: "partner-required",
    endpoints: [],
    handoff: { label: "Open the desk", url: "https://example.com/desk", notes: ["by hand"] },
  });
  const order = await scene.order("svc_desk", {});
  const first = await scene.execute(order.id);
  expect(first.status).toBe(202);
  expect(first.body).toMatchObject({
    order: { status: "handoff", handoff: { label: "Open the desk" }, confirmBy: expect.any(String) },
    execution: {
      statusCode: 202,
      handoff: { label: "Open the desk", url: "https://example.com/desk", notes: ["by hand"] },
    },
  });
  expect((await scene.execute(order.id)).body).toEqual(first.body);
  expect(seller.calls.length).toBe(before);
  const outcome = await scene.world.call("GET", `/outcomes/${first.body.order.outcomeId}`);
  expect(outcome.body.item).toMatchObject({ status: "external", result: null });
});
