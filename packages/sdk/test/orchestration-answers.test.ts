import { inspect } from "node:util";
import { marketErrors } from "@peaqos/protocol/market";
import { handoffFixture } from "@peaqos/protocol/market/fixtures";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import * as sdk from "../src/index.ts";
import { bodies, error, fixture, json, marketClient } from "./market-client.ts";
import { marketStub, type StubAnswer } from "./market-stub.ts";

/** The market's client: answers, errors, and what is repeated. */

let stub: Awaited<ReturnType<typeof marketStub>>;
beforeAll(async () => {
  stub = await marketStub();
});
afterAll(() => stub.stop());
afterEach(() => stub.answer(undefined));

const newClient = (extra: Partial<sdk.PeaqosClientOptions> = {}) => marketClient(stub.url, extra);

describe("answers", () => {
  test("an order's input and a provider's result keep their keys and digits", async () => {
    const client = newClient();
    const input = { base_symbol: "EUR", "GPU-Model": null, nested: { a__b: {} }, big: 2n ** 70n };
    await client.orchestration.createMarketOrder({ ...bodies.createMarketOrder, input } as never, "t");
    expect(stub.last().body).toContain(
      '"input":{"base_symbol":"EUR","GPU-Model":null,"nested":{"a__b":{}},"big":1180591620717411303424}',
    );
    const { execution } = await client.orchestration.executeMarketOrder("o", {}, "t");
    if (execution.statusCode !== 200) throw new Error("native expected");
    expect(execution.outcome.result).toEqual({ rate_value: 1.08, nestedKey: { "GPU-Model": "x" } });
  });

  test("a hand-off is told apart by its statusCode", async () => {
    stub.answer(() => ({ status: 202, body: JSON.stringify(handoffFixture) }));
    const { execution } = await newClient().orchestration.executeMarketOrder("o", {}, "t");
    expect(execution.statusCode === 202 && execution.handoff.url).toBe("https://example.com/desk");
  });

  test("the heartbeat's fields are at the top and under item", async () => {
    const answer = await newClient().orchestration.machineAgentHeartbeat(
      bodies.machineAgentHeartbeat as never,
    );
    const { item } = fixture("machineAgentHeartbeat");
    expect(answer).toEqual(item);
    expect(answer.item).toEqual(item);
  });

  test("no payment: item is null", async () => {
    stub.answer(() => json({ item: null }));
    expect(await newClient().orchestration.getMarketPayment("o")).toEqual({ item: null });
  });

  test("anything may answer an archive but nothing with 200", async () => {
    stub.answer(() => json({ whatever: 1 }));
    await expect(newClient().orchestration.archiveMachine("m")).resolves.toBeUndefined();
    stub.answer(() => ({ status: 200, body: "" }));
    await expect(newClient().orchestration.archiveMachine("m")).rejects.toMatchObject({
      code: "BAD_RESPONSE",
      statusCode: 200,
    });
  });

  test.each<[string, StubAnswer, object]>([
    ["HTML", { status: 200, body: "<html>" }, { code: "BAD_RESPONSE", statusCode: 200 }],
    ["null", { status: 200, body: "null" }, { code: "BAD_RESPONSE", statusCode: 200 }],
    ["204 where an item belongs", { status: 204 }, { code: "INVALID_RESPONSE_SHAPE", statusCode: 0 }],
    ["another envelope", json({ items: [] }), { code: "INVALID_RESPONSE_SHAPE", statusCode: 0 }],
    ["item null", json({ item: null }), { code: "INVALID_RESPONSE_SHAPE", statusCode: 0 }],
    [
      "a redirect",
      { status: 302, headers: { location: "http://127.0.0.1:1/" } },
      { code: "BAD_RESPONSE", statusCode: 302 },
    ],
    [
      "a flat error",
      { status: 400, body: '{"code":"X","message":"m"}' },
      { code: "BAD_RESPONSE", statusCode: 400 },
    ],
  ])("%s is an OrchestrationApiError", async (_, answer, fields) => {
    stub.answer(() => answer);
    const failure = await newClient()
      .orchestration.getMachine("m")
      .catch((reason) => reason);
    expect(failure).toBeInstanceOf(sdk.OrchestrationApiError);
    expect(failure).toMatchObject(fields);
    expect(stub.requests).toHaveLength(1);
  });

  test("a broken field is named with its path", async () => {
    const { items } = fixture("listMachines");
    stub.answer(() => json({ items: [items?.[0], { ...items?.[0], id: 7 }] }));
    await expect(newClient().orchestration.listMachines()).rejects.toThrow(/items\.1\.id/);
  });
});

describe("errors", () => {
  test.each(Object.keys(marketErrors) as (keyof typeof marketErrors)[])(
    "%s has a constant and comes through",
    async (code) => {
      expect((sdk as Record<string, unknown>)[`ERROR_CODE_${code}`]).toBe(code);
      const { status, retryable } = marketErrors[code];
      stub.answer(() => error(status, code, { details: { some_key: [1] }, requestId: "req-1" }));
      const failure = await newClient()
        .orchestration.getMachine("m")
        .catch((reason) => reason);
      for (const type of [sdk.OrchestrationApiError, sdk.OrchestrationError, sdk.PeaqosError])
        expect(failure).toBeInstanceOf(type);
      expect(failure).not.toBeInstanceOf(sdk.OrchestrationNetworkError);
      expect({ ...failure }).toMatchObject({
        code,
        statusCode: status,
        details: { some_key: [1] },
        retryable,
        requestId: "req-1",
      });
      expect(failure.message).toBe(`about ${code}`);
    },
  );

  test("constants: the table's and the client's own, no others", () => {
    const constants = Object.entries(sdk).filter(([name]) => name.startsWith("ERROR_CODE_"));
    expect(constants.map(([, code]) => code).sort()).toEqual(
      [...Object.keys(marketErrors), "BAD_RESPONSE", "INVALID_RESPONSE_SHAPE"].sort(),
    );
  });

  /** Guarantees that secrets of a request do not reach logs by way of an error. */
  test("a body without a readable error comes back redacted; so do details of a skill's configuration", async () => {
    stub.answer(() => ({ status: 500, body: "oops" }));
    const client = newClient();
    const failure = await client.orchestration
      .searchMarket({ operation: "x", providerCredentials: { akash: { consoleApiKey: "s3cret" } } }, "tok3n")
      .catch((reason) => reason);
    expect(failure.details).toEqual({ operation: "x", providerCredentials: "[REDACTED]" });
    expect(inspect(failure, { depth: 9 })).not.toMatch(/s3cret|tok3n|platform-key/);
    stub.answer(() => error(400, "VALIDATION_ERROR", { details: { apiKey: "s3cret", field: "x" } }));
    await expect(client.orchestration.updateSkillConfig("k", {})).rejects.toMatchObject({
      details: { apiKey: "[REDACTED]", field: "x" },
    });
  });

  test("a broken connection is an OrchestrationNetworkError with its cause; a write names its key", async () => {
    stub.answer(() => ({ drop: true }));
    const read = await newClient()
      .orchestration.getMachine("m")
      .catch((reason) => reason);
    expect(read).toBeInstanceOf(sdk.OrchestrationNetworkError);
    expect(read.cause).toBeInstanceOf(Error);
    expect(read.idempotencyKey).toBeUndefined();
    const write = await newClient()
      .orchestration.createPolicy({ name: "p" })
      .catch((reason) => reason);
    expect(write.idempotencyKey).toBe(stub.last().headers["idempotency-key"]);
    expect(write.message).toContain("Whether the write happened is unknown.");
    expect(stub.requests).toHaveLength(2);
  });

  test("a market that does not answer in time", async () => {
    stub.answer(() => ({ hang: true }));
    await expect(newClient().orchestration.getMachine("m", { timeoutMs: 20 })).rejects.toMatchObject({
      name: "OrchestrationNetworkError",
      code: "TIMEOUT",
    });
  });

  test("an aborted call throws the signal's reason, before and while it waits", async () => {
    const reason = new Error("enough");
    await expect(
      newClient().orchestration.getMachine("m", { signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason);
    const controller = new AbortController();
    stub.answer(() => {
      setImmediate(() => controller.abort(reason));
      return { hang: true };
    });
    await expect(newClient().orchestration.getMachine("m", { signal: controller.signal })).rejects.toBe(
      reason,
    );
  });
});

/** Guarantees that a repeated write is the same write to the market, and that nothing is repeated unasked. */
describe("retries", () => {
  const waits: number[] = [];
  function retrying(maxRetries: number) {
    const client = newClient({ orchestrationMaxRetries: maxRetries });
    waits.length = 0;
    Object.assign(client.orchestrationApi!, {
      random: () => 1,
      wait: async (ms: number) => void waits.push(ms),
    });
    return client;
  }
  const keys = () => stub.requests.map(({ headers }) => headers["idempotency-key"]);

  test("are off by default", async () => {
    stub.answer(() => error(503, "SERVICE_UNAVAILABLE"));
    await newClient()
      .orchestration.listMachines()
      .catch(() => undefined);
    expect(stub.requests).toHaveLength(1);
  });

  test("a write goes again under one key until it succeeds; the next call has another key", async () => {
    const client = retrying(3);
    stub.answer(
      (_, attempt) =>
        [{ drop: true }, error(503, "SERVICE_UNAVAILABLE"), error(502, "PAYMENT_RPC_ERROR")][attempt - 1],
    );
    await client.orchestration.createPolicy({ name: "p" });
    expect(keys()).toHaveLength(4);
    expect(new Set(keys()).size).toBe(1);
    expect(waits).toEqual([250, 500, 1000]);
    await client.orchestration.createPolicy({ name: "p" });
    expect(new Set(keys()).size).toBe(2);
  });

  test("a key of the caller's own is used as it is", async () => {
    await newClient().orchestration.createPolicy({ name: "p" }, { idempotencyKey: "mine" });
    expect(stub.last().headers["idempotency-key"]).toBe("mine");
  });

  test("Retry-After wins, up to 30 s", async () => {
    const client = retrying(2);
    stub.answer((_, attempt) =>
      attempt > 2
        ? undefined
        : { ...error(429, "RATE_LIMITED"), headers: { "retry-after": attempt === 1 ? "7" : "9999" } },
    );
    await client.orchestration.listMachines();
    expect(waits).toEqual([7000, 30_000]);
  });

  test.each(["VALIDATION_ERROR", "AGENT_DAILY_LIMIT_EXCEEDED", "CONFLICT", "INTERNAL_ERROR"] as const)(
    "%s is not repeated",
    async (code) => {
      stub.answer(() => error(marketErrors[code].status, code));
      await retrying(3)
        .orchestration.createPolicy({ name: "p" })
        .catch(() => undefined);
      expect(stub.requests).toHaveLength(1);
    },
  );

  test("the last failure is the one that is thrown", async () => {
    stub.answer((_, attempt) => (attempt === 1 ? { drop: true } : error(503, "PEAQOS_IDENTITY_UNAVAILABLE")));
    await expect(retrying(1).orchestration.listMachines()).rejects.toMatchObject({
      code: "PEAQOS_IDENTITY_UNAVAILABLE",
    });
    expect(stub.requests).toHaveLength(2);
  });

  test("a call can ask for more or fewer than the client", async () => {
    stub.answer(() => ({ drop: true }));
    await retrying(3)
      .orchestration.listMachines({}, { maxRetries: 0 })
      .catch(() => undefined);
    expect(stub.requests).toHaveLength(1);
  });
});
