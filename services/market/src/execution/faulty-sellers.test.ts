import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FaultMode } from "../../../../examples/sellers/faulty/modes.ts";
import type { FaultySeller } from "../../../../examples/sellers/faulty/seller.ts";
import { executionScene, type Scene } from "../../test/execution-scene.ts";

let scene: Scene;
let seller: FaultySeller;
/** A market with little patience, for sellers that never come to an end. */
let hasty: Scene;
let endless: FaultySeller;
beforeAll(async () => {
  [scene, hasty] = await Promise.all([
    executionScene(),
    executionScene({ PEAQOS_EXECUTION_TIMEOUT_MS: "1500" }),
  ]);
  seller = await scene.seller({ id: "svc_faulty" });
  endless = await hasty.seller({ id: "svc_faulty" });
});
afterAll(() => Promise.all([scene[Symbol.asyncDispose](), hasty[Symbol.asyncDispose]()]));

type Expected = {
  readonly mode: FaultMode;
  /** Of the order, afterwards. */
  readonly status: "delivered" | "failed";
  readonly calls: number;
  readonly effects: number;
  readonly message?: RegExp;
};

const unknown = /it is not known whether the provider delivered/;
const lost = (mode: FaultMode, effects: number): Expected => ({
  ...{ mode, status: "failed", calls: 3, effects, message: unknown },
});
const broken = (mode: FaultMode, message: RegExp, effects = 1): Expected => ({
  ...{ mode, status: "failed", calls: 1, effects, message },
});

const table: readonly Expected[] = [
  { mode: "ok", status: "delivered", calls: 1, effects: 1 },
  { mode: "nul", status: "delivered", calls: 1, effects: 1 },
  { mode: "twice", status: "delivered", calls: 1, effects: 1 },
  broken("error-400", /answered 400 refused: The faulty seller/, 0),
  broken("error-500", /answered 500 broken/, 0),
  broken("error-500-after", /answered 500 broken/),
  broken("error-with-200", /breaks its contract: result.text is missing/, 0),
  broken("lying", /breaks its contract: result.text must be string/),
  broken("not-an-object", /not a JSON object/),
  broken("deep", /nested deeper than 64/),
  broken("wrong-content-type", /not JSON but text\/html/),
  broken("no-content-type", /not JSON but of no type/),
  broken("invalid-json", /not valid JSON/),
  broken("empty", /not valid JSON/),
  broken("large", /larger than 1048576 bytes/),
  broken("gzip-bomb", /not valid JSON/),
  broken("endless", /larger than 1048576 bytes/),
  broken("redirect", /redirect \(307\), which is not followed/, 0),
  lost("error-without-body", 0),
  lost("error-as-page", 0),
  lost("cut", 1),
  lost("cut-before", 0),
  lost("cut-after", 1),
];

/** These never come to an end: the market's patience does. */
const unending = (["slow", "trickle", "hanging-header", "silent"] as const).map((mode) => lost(mode, 1));

/** Guarantees that no seller, however it fails, gets an order done twice or a result believed that breaks the contract. */
describe("a seller that answers", () => {
  const check = async (at: Scene, by: FaultySeller, expected: Expected) => {
    const { mode, status, calls, effects, message } = expected;
    const order = await at.order("svc_faulty", { text: mode, mode });
    const answer = await at.execute(order.id);
    expect(answer.status).toBe(200);
    const { execution } = answer.body;
    const ended = status === "delivered" ? "completed" : "failed";
    expect(execution).toMatchObject({
      statusCode: 200,
      run: { status: ended, outcomeId: execution.outcome.id, executionMode: "native" },
      outcome: { status: ended, serviceId: "svc_faulty" },
    });
    expect(answer.body.order).toMatchObject({ status, runId: execution.run.id });
    expect(await at.read(order.id)).toEqual(answer.body.order);
    if (message !== undefined) {
      expect(execution.outcome).toMatchObject({ result: null, errorMessage: expect.stringMatching(message) });
      expect(answer.body.order.errorMessage).toBe(execution.outcome.errorMessage);
    } else
      expect(execution.outcome).toMatchObject({ errorMessage: null, result: { effect: expect.any(Number) } });
    const own = by.calls.filter((call) => call.orderId === order.id);
    expect(own.length).toBe(calls);
    expect(new Set(own.map((call) => call.key)).size).toBe(1);
    expect(by.effectsOfOrder(order.id)).toBe(effects);
  };
  test.concurrent.each(table)("$mode", (expected) => check(scene, seller, expected));
  test.concurrent.each(unending)("$mode", (expected) => check(hasty, endless, expected));
});

test("an answer lost on the way is asked for again with the same key and comes to its buyer", async () => {
  for (const mode of ["cut", "cut-after", "cut-before", "error-as-page"] as const) {
    const order = await scene.order("svc_faulty", { text: mode });
    seller.set(mode, 2);
    const { body } = await scene.execute(order.id);
    expect(body.order.status, mode).toBe("delivered");
    expect(body.execution.outcome.result).toMatchObject({ text: mode });
    const own = seller.calls.filter((call) => call.orderId === order.id);
    expect(own.length).toBe(3);
    expect(new Set(own.map((call) => call.key)).size).toBe(1);
    expect(seller.effectsOfOrder(order.id)).toBe(1);
  }
});

test("a seller that is still at it is asked later, and that does not count as a failure", async () => {
  const order = await scene.order("svc_faulty");
  seller.set("error-409-in-progress", 1);
  const { body } = await scene.execute(order.id);
  expect(body.order.status).toBe("delivered");
  expect(seller.effectsOfOrder(order.id)).toBe(1);
});

/** Guarantees that an answer after the limit changes nothing. */
test("an answer that comes after the run has ended is nobody's", async () => {
  const order = await hasty.order("svc_faulty");
  endless.set("slow", 3);
  const { body } = await hasty.execute(order.id);
  expect(body.order.status).toBe("failed");
  endless.release();
  expect(await hasty.read(order.id)).toEqual(body.order);
  expect(endless.effectsOfOrder(order.id)).toBe(1);
});

/** Guarantees that a retry after an unknown end cannot have it done twice. */
test("a retry after an unknown end asks with the same key and the same input, and gets the stored answer", async () => {
  const order = await scene.order("svc_faulty", { text: "once" });
  seller.set("cut-after", 3);
  const failed = await scene.execute(order.id);
  expect(failed.body.order.status).toBe("failed");
  const retried = await scene.retry(order.id);
  expect(retried.body.item).toMatchObject({ status: "ready", retryCount: 1, errorMessage: null });
  const other = await scene.execute(order.id, { body: { input: { text: "other" } } });
  expect(other.status).toBe(409);
  expect(other.body.error).toMatchObject({ code: "CONFLICT", details: { reason: "execution_unknown" } });
  const done = await scene.execute(order.id);
  expect(done.body.order.status).toBe("delivered");
  expect(done.body.execution.outcome.result.text).toBe("once");
  const own = seller.calls.filter((call) => call.orderId === order.id);
  expect(own.length).toBe(4);
  expect(new Set(own.map((call) => call.key)).size).toBe(1);
  expect(seller.effectsOfOrder(order.id)).toBe(1);
  expect(done.body.execution.run.id).not.toBe(failed.body.execution.run.id);
});

test("a retry after a refusal has a new key and may have new input", async () => {
  const order = await scene.order("svc_faulty", { text: "a", mode: "error-400" });
  expect((await scene.execute(order.id)).body.order.status).toBe("failed");
  const again = await scene.execute(order.id);
  expect(again.body.error).toMatchObject({ code: "CONFLICT", details: { status: "failed" } });
  await scene.retry(order.id);
  const done = await scene.execute(order.id, { body: { input: { mode: "ok" } } });
  expect(done.body.order).toMatchObject({ status: "delivered", retryCount: 1 });
  const own = seller.calls.filter((call) => call.orderId === order.id);
  expect(new Set(own.map((call) => call.key)).size).toBe(2);
  expect(own.map((call) => call.input.mode)).toEqual(["error-400", "ok"]);
  expect((await scene.retry(order.id)).body.error).toMatchObject({ code: "CONFLICT" });
});
