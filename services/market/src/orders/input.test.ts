import { stringifyJson } from "@peaqos/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { FaultySeller } from "../../../../examples/sellers/faulty/seller.ts";
import { executionScene, type Scene } from "../../test/execution-scene.ts";
import { orderBody, place } from "../../test/shop.ts";
import { succeeded } from "../../test/world.ts";
import { executedInput } from "./input.ts";

let scene: Scene;
let seller: FaultySeller;
const schema = {
  type: "object",
  required: ["base_symbol"],
  additionalProperties: false,
  properties: { base_symbol: { type: "string" }, text: { type: ["string", "null"] }, amount: {} },
};
beforeAll(async () => {
  scene = await executionScene();
  seller = await scene.seller({ id: "svc_echo" });
  const listing = seller.listing() as {
    operationContracts: readonly { operation: string; exampleInput?: object }[];
  };
  const contracts = listing.operationContracts.map((each) => ({
    ...each,
    exampleInput: { base_symbol: "EUR" },
  }));
  await scene.world.putService({
    ...(listing as object),
    id: "svc_strict",
    operationContracts: contracts as never,
    metadata: { contracts: { echo: { inputSchema: schema } } },
  });
  await scene.world.putService({
    ...(listing as object),
    id: "svc_wasted",
    metadata: { contracts: { echo: { inputSchema: { type: 5 } } } },
  });
});
afterAll(() => scene[Symbol.asyncDispose]());

const inputRule = async (input?: object, serviceId = "svc_strict") => {
  const answer = await scene.world.call("POST", "/market/orders/check", {
    token: scene.agent.token,
    body: orderBody(scene.agent, serviceId, { input }),
  });
  const { allowed, checks } = succeeded(answer).body;
  return { allowed, check: checks.find((each: { rule: string }) => each.rule === "input") };
};
const callsOf = (orderId: string) => seller.calls.filter((call) => call.orderId === orderId);
const example = { base_symbol: "EUR" };

/** Guarantees that nobody pays for an order whose input its provider would refuse. */
test.each([
  ["a missing key", { text: "x" }, "input.base_symbol", "required", "is missing"],
  ["nothing of it", {}, "input.base_symbol", "required", "is missing"],
  ["an unknown key", { base_symbol: "EUR", extra: 1 }, "input.extra", "additionalProperties", "is not known"],
  ["a wrong value", { base_symbol: 5 }, "input.base_symbol", "type", "must be string"],
])(
  "%s: the dry run says which key and which rule, and the order is refused",
  async (_, input, field, keyword, words) => {
    const { allowed, check } = await inputRule(input);
    expect(allowed).toBe(false);
    expect(check).toMatchObject({
      passed: false,
      code: "VALIDATION_ERROR",
      message: expect.stringContaining(`${field}: ${words}`),
      details: { field, keyword, operation: "echo", example },
    });
    const { status, body } = await place(scene.world, scene.agent, "svc_strict", { input });
    expect([status, body.error.code]).toEqual([400, "VALIDATION_ERROR"]);
    expect(body.error.message).toContain(`${field}: ${words}`);
    expect(body.error.details).toMatchObject({ rule: "input", field, keyword, example });
  },
);

test("input that is right in any spelling passes; none at all is left to the execution", async () => {
  for (const input of [{ base_symbol: "EUR" }, { baseSymbol: "EUR", text: null }])
    expect(await inputRule(input)).toMatchObject({ allowed: true, check: { passed: true } });
  expect(await inputRule()).toMatchObject({
    allowed: true,
    check: { passed: true, message: expect.stringContaining("no input yet"), details: { example } },
  });
  const order = await scene.order("svc_strict", {}, { input: undefined });
  const done = await scene.execute(order.id, { body: { input: { base_symbol: "EUR" } } });
  expect(done.body.order.status).toBe("delivered");
});

test("a contract that cannot be read is said before the payment; a service without one takes anything", async () => {
  expect(await inputRule({ text: "x" }, "svc_wasted")).toMatchObject({
    allowed: false,
    check: { code: "EXECUTION_UNSUPPORTED", details: { reason: "invalid_contract" } },
  });
  const { status, body } = await place(scene.world, scene.agent, "svc_wasted", { input: { text: "x" } });
  expect([status, body.error.code]).toEqual([422, "EXECUTION_UNSUPPORTED"]);
  await scene.world.putService({ id: "svc_open" });
  expect((await inputRule({ anything: 1 }, "svc_open")).allowed).toBe(true);
});

/** Guarantees that a paid order whose input turned out wrong can still be executed. */
test("null takes a key of the order's input back, whatever its spelling", async () => {
  await scene.world.putService({ ...(seller.listing() as object), id: "svc_loose", metadata: {} });
  const order = await scene.order("svc_loose", { text: "wrong", baseSymbol: "EUR", keep: 1 });
  const done = await scene.execute(order.id, {
    body: { input: { text: "right", base_symbol: null, other: null } },
  });
  expect(done.body.order.status).toBe("delivered");
  expect(callsOf(order.id)[0]?.input).toEqual({ text: "right", keep: 1, other: null });
});

/** Guarantees that a token amount in base units reaches the seller as the buyer wrote it. */
test("an integer of any size keeps every digit: kept, listed, replayed, executed", async () => {
  await scene.world.putService({ ...(seller.listing() as object), id: "svc_amounts", metadata: {} });
  const amount = 2n ** 256n - 1n;
  const input = { amount, list: [{ amount: -(2n ** 53n) - 1n }], text: "hello" };
  const body = (value: object) => stringifyJson(value);
  const { token } = scene.agent;
  const order = orderBody(scene.agent, "svc_amounts", { input });
  const path = "/market/orders";
  const send = (key: string) => scene.world.call("POST", path, { token, key, body: body(order) });
  const placed = succeeded(await send("long")).body.item;
  expect(placed.input).toEqual(input);
  expect(succeeded(await send("long")).body.item).toMatchObject({ id: placed.id, input });
  expect((await scene.read(placed.id)).input).toEqual(input);
  const list = await scene.world.call("GET", `${path}?machineId=${scene.machine.id}&limit=500`);
  const listed = succeeded(list).body.items.find((each: { id: string }) => each.id === placed.id);
  expect(listed.input).toEqual(input);
  const batch = await scene.world.call("POST", `${path}/batch`, { token, body: body({ orders: [order] }) });
  const [{ order: second }] = succeeded(batch).body.results;
  expect(second.input).toEqual(input);
  // The stored answer of a step, again under its key.
  for (const _ of ["first", "replay"]) {
    const options = { token, key: "cancel" };
    const cancelled = await scene.world.call("POST", `${path}/${second.id}/cancel`, options);
    expect(succeeded(cancelled).body.item).toMatchObject({ status: "cancelled", input });
  }
  const more = 10n ** 30n;
  const done = await scene.execute(placed.id, { body: body({ input: { more } }) });
  expect(done.body.order).toMatchObject({ status: "delivered", input });
  expect(callsOf(placed.id)[0]?.input).toEqual({ ...input, more });
});

test("for any two inputs: what is given now wins, what is not named stays", () => {
  const key = fc.constantFrom("a_b", "aB", "ab", "c", "C", "d");
  const input = fc.dictionary(key, fc.oneof(fc.integer(), fc.constant(null)));
  fc.assert(
    fc.property(input, input, (ordered, given) => {
      const plain = (each: string) => each.replace("_", "").toLowerCase();
      const result = executedInput(ordered, given);
      for (const [name, value] of Object.entries(given))
        if (value !== null) expect(result[name]).toBe(value);
        else if (Object.hasOwn(ordered, name)) expect(Object.hasOwn(result, name)).toBe(false);
      const named = new Set(Object.keys(given).map(plain));
      for (const [name, value] of Object.entries(ordered))
        if (!named.has(plain(name))) expect(result[name]).toBe(value);
      expect(executedInput(ordered, undefined)).toEqual(ordered);
    }),
  );
});
