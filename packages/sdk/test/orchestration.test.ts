import { inspect } from "node:util";
import {
  type MarketOperation,
  type MarketOperationId,
  marketErrors,
  marketOperations,
} from "@peaqos/protocol/market";
import { handoffFixture, marketFixtures } from "@peaqos/protocol/market/fixtures";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import * as sdk from "../src/index.ts";
import * as market from "../src/orchestration/index.ts";
import { marketStub, type Recorded, type StubAnswer } from "./market-stub.ts";

let stub: Awaited<ReturnType<typeof marketStub>>;
beforeAll(async () => {
  stub = await marketStub();
});
afterAll(() => stub.stop());
afterEach(() => stub.answer(undefined));

const address = (digit: string) => `0x${digit.repeat(40)}`;
const settings = {
  rpcUrl: "http://127.0.0.1:1",
  privateKey: `0x${"11".repeat(32)}`,
  contracts: {
    identityRegistry: address("1"),
    identityStaking: address("2"),
    eventRegistry: address("3"),
    machineNft: address("4"),
    didRegistry: address("5"),
    batchPrecompile: address("6"),
  },
};
const newClient = (extra: Partial<sdk.PeaqosClientOptions> = {}) =>
  new sdk.PeaqosClient({ ...settings, orchestrationUrl: stub.url, apiKey: "platform-key", ...extra });

const operations = Object.entries(marketOperations) as unknown as [MarketOperationId, MarketOperation][];
const fixture = (id: MarketOperationId) => marketFixtures[id] as { item?: object; items?: object[] };
const json = (value: unknown): StubAnswer => ({ status: 200, body: JSON.stringify(value) });
const error = (status: number, code: string, more: object = {}): StubAnswer => ({
  status,
  body: JSON.stringify({ error: { code, message: `about ${code}`, ...more } }),
});

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const row of rows) all.push(row);
  return all;
}

/** Bodies that pass the client's own checks. */
const bodies: Partial<Record<MarketOperationId, object>> = {
  createMachineIdentityChallenge: { identityRef: "did:peaq:0x" },
  createMachine: { displayName: "n", ownerId: "o", machineType: "", runtimeProfile: "" },
  createAgentPairingChallenge: { agentAddress: "a", agentProvider: "p", agentRole: "r" },
  createAgentPairing: {
    agentAddress: "a",
    agentProvider: "p",
    agentRole: "r",
    agentProof: { challengeId: "c", signature: "s" },
  },
  createAgentPairingSession: { agentProof: { challengeId: "c", signature: "s" } },
  machineAgentHeartbeat: { machineId: "m", agentId: "a", agentToken: "t", endpoints: [{ providerKey: "q" }] },
  upsertRuntimeEndpoint: { endpointBaseUrl: "http://127.0.0.1:9" },
  createMarketOrder: { machineId: "m", agentPairingId: "p", serviceId: "s" },
  disputeMarketOrder: { reason: "late" },
  resolveMarketDispute: { resolution: "refund" },
  lockEscrowPayment: { transactionHash: "h", chain: "c", escrowAddress: "e" },
  createPolicy: { name: "p" },
  createTask: { machineId: "m", serviceType: "s" },
  createGraphNode: { kind: "k" },
  createGraphEdge: { sourceNodeId: "a", targetNodeId: "b" },
};

/** Arguments of an operation in the order of its method: ids, options or body, token. */
function argumentsOf(id: MarketOperationId, operation: MarketOperation): unknown[] {
  const ids = Object.keys(operation.params?.shape ?? {}).map((name) => `the-${name}`);
  const token = operation.auth === "pairing" ? ["pairing-token"] : [];
  if (id === "confirmMarketOrder") return [...ids, ...token];
  if (operation.query !== undefined) return [...ids, id === "listMarketOrders" ? { machineId: "m" } : {}];
  const withBody = operation.body !== undefined && id !== "discoverTask" && id !== "executeTask";
  return [...ids, ...(withBody ? [bodies[id] ?? {}] : []), ...token];
}

type Method = (...args: unknown[]) => Promise<unknown>;
const methodOf = (client: sdk.PeaqosClient, id: string) =>
  (client.orchestration as unknown as Record<string, Method>)[id]?.bind(client.orchestration) as Method;

describe("every operation of the table has a method and a function that sends it", () => {
  test.each(operations)("%s", async (id, operation) => {
    const client = newClient();
    const args = argumentsOf(id, operation);
    const answer = await methodOf(client, id)(...args);
    const sent = stub.last();
    expect(sent.method).toBe(operation.method);
    const path = operation.path.replace(/\{(\w+)\}/g, "the-$1");
    expect(sent.path.split("?")[0]).toBe(`/api/v1${path}`);
    // One of the three ways to show who it is, never two.
    expect(sent.headers["x-api-key"]).toBe(operation.auth === "apiKey" ? "platform-key" : undefined);
    expect(sent.headers["x-agent-pairing-token"]).toBe(
      operation.auth === "pairing" ? "pairing-token" : undefined,
    );
    expect(sent.headers.authorization).toBeUndefined();
    expect(sent.headers["content-type"]).toBe("application/json");
    expect(sent.headers["user-agent"]).toBe(`peaq-os-sdk-js/${sdk.SDK_VERSION}`);
    expect(sent.headers["idempotency-key"] === undefined).toBe(operation.method === "GET");
    if (operation.envelope === "empty") expect(answer).toBeUndefined();
    else if (id !== "machineAgentHeartbeat") expect(answer).toEqual(fixture(id));

    const free = (market as unknown as Record<string, Method>)[id] as Method;
    await free(client, ...args);
    const again = stub.last();
    const withoutKey = ({ headers: { "idempotency-key": _, ...headers }, ...rest }: Recorded) => ({
      ...rest,
      headers,
    });
    expect(withoutKey(again)).toEqual(withoutKey(sent));
  });

  test("nothing else is a method", () => {
    const names = Object.getOwnPropertyNames(sdk.OrchestrationClient.prototype).filter(
      (name) => name !== "constructor",
    );
    const iterators = [
      "Machines",
      "AgentPairings",
      "RuntimeEndpoints",
      "Skills",
      "MarketServices",
      "MarketOrders",
    ];
    expect(names.sort()).toEqual(
      [...operations.map(([id]) => id), ...iterators.map((each) => `list${each}All`), "checkHealth"].sort(),
    );
    for (const name of names) expect(market).toHaveProperty(name);
  });
});

describe("settings", () => {
  test("without orchestrationUrl the namespace throws, every time, and says what to set", async () => {
    const client = new sdk.PeaqosClient(settings);
    for (const _ of [1, 2]) expect(() => client.orchestration).toThrow(sdk.OrchestrationConfigError);
    expect(() => client.orchestration).toThrow("Set orchestrationUrl (PEAQOS_ORCHESTRATION_URL).");
    await expect(market.listMachines(client)).rejects.toThrow(sdk.OrchestrationConfigError);
  });

  test("the namespace is made once and kept", () => {
    const client = newClient();
    expect(client.orchestration).toBe(client.orchestration);
  });

  test.each(["ftp://x", "x", "http://"])(
    "orchestrationUrl %s is refused at construction",
    (orchestrationUrl) => {
      expect(() => newClient({ orchestrationUrl })).toThrow(sdk.OrchestrationConfigError);
    },
  );

  test("plain http beyond this machine is warned of once", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const client = newClient({ orchestrationUrl: "http://market.example" });
    client.orchestration;
    client.orchestration;
    expect(warn.mock.calls).toEqual([
      [
        "orchestrationUrl uses plain http to market.example: keys and tokens can be read on the way. Use https.",
      ],
    ]);
    for (const orchestrationUrl of ["https://market.example", "http://localhost:1", "http://[::1]:1"])
      newClient({ orchestrationUrl }).orchestration;
    expect(warn).toHaveBeenCalledTimes(1);
    warn.mockRestore();
  });

  test("without a key none is sent", async () => {
    await newClient({ apiKey: "" }).orchestration.listMachines();
    expect(stub.last().headers).not.toHaveProperty("x-api-key");
  });

  /** Guarantees that a key cannot smuggle a header in, and appears in no text form of the client. */
  test("the key: one line, and hidden", () => {
    expect(() => newClient({ apiKey: "a\r\nx: y" })).toThrow(sdk.OrchestrationConfigError);
    const client = newClient();
    for (const shown of [
      JSON.stringify(client),
      inspect(client, { depth: 9 }),
      inspect(client.orchestration, { depth: 9 }),
      JSON.stringify(client.orchestrationApi),
      inspect(client.orchestrationApi),
    ])
      expect(shown).not.toContain("platform-key");
  });

  test("a path of the base URL stays", async () => {
    await newClient({ orchestrationUrl: `${stub.url}/market/` })
      .orchestration.getHealth()
      .catch(() => undefined);
    expect(stub.last().path).toBe("/market/api/v1/health");
  });
});

/** Guarantees that one-time tokens reach the caller and no log. */
test.each([
  ["createAgentPairing", "pairingToken"],
  ["createAgentPairingSession", "pairingToken"],
  ["enrollMachineAgent", "provisioningToken"],
] as const)("%s hides %s from JSON and inspectors", async (id, field) => {
  const answer = (await methodOf(newClient(), id)(...argumentsOf(id, marketOperations[id] as never))) as {
    item: Record<string, string>;
  };
  const token = answer.item[field] as string;
  expect(token.length).toBeGreaterThan(5);
  for (const shown of [JSON.stringify(answer), inspect(answer), `${inspect(answer.item)}`]) {
    expect(shown).not.toContain(token);
    expect(shown).toContain("[REDACTED]");
  }
});

describe("lists", () => {
  const page = (items: unknown[], nextCursor?: unknown) => json({ items, nextCursor });
  const [machine] = fixture("listMachines").items as object[];

  test("iterators follow the cursor byte for byte and repeat filters and limit", async () => {
    const cursors = ["a+/=&?", "ü c"];
    stub.answer((_, attempt) => page([machine, machine], cursors[attempt - 1] ?? null));
    const rows = await collect(
      newClient().orchestration.listSkillsAll({ limit: 2, scope: "ecosystem" }),
    ).catch((reason) => reason);
    // The rows are machines, not skills: the shape is checked on every page.
    expect(rows).toBeInstanceOf(sdk.OrchestrationApiError);
    stub.answer((_, attempt) => page([machine, machine], cursors[attempt - 1] ?? null));
    expect(await collect(newClient().orchestration.listMachinesAll({ limit: 2 }))).toHaveLength(6);
    const queries = stub.requests.map(({ path }) => Object.fromEntries(new URL(path, stub.url).searchParams));
    expect(queries).toEqual([
      { limit: "2" },
      { limit: "2", cursor: "a+/=&?" },
      { limit: "2", cursor: "ü c" },
    ]);
  });

  test.each([
    ["empty", ""],
    ["null", null],
    ["missing", undefined],
  ])("an %s cursor ends the list", async (_, cursor) => {
    stub.answer(() => page([machine], cursor));
    expect(await collect(newClient().orchestration.listMachinesAll())).toHaveLength(1);
    expect(await newClient().orchestration.listMachines()).not.toHaveProperty("nextCursor");
  });

  test("a cursor that repeats itself is an error, not an endless loop", async () => {
    stub.answer(() => page([], "same"));
    await expect(collect(newClient().orchestration.listMachinesAll())).rejects.toMatchObject({
      code: "INVALID_RESPONSE_SHAPE",
    });
    expect(stub.requests).toHaveLength(2);
  });

  test.each([
    ["listMachinesAll", []],
    ["listAgentPairingsAll", ["m-1"]],
    ["listRuntimeEndpointsAll", ["m-1"]],
    ["listSkillsAll", []],
    ["listMarketServicesAll", []],
    ["listMarketOrdersAll", [{ machineId: "m-1" }]],
  ] as const)("%s", async (name, args) => {
    const all = (
      newClient().orchestration as unknown as Record<string, (...args: unknown[]) => AsyncIterable<object>>
    )[name];
    expect(await collect(all!.apply(newClient().orchestration, [...args]))).toHaveLength(1);
  });

  test.each([0, 501, -1, 1.5, Number.NaN])("limit %d is refused before anything is sent", async (limit) => {
    stub.answer(undefined);
    await expect(newClient().orchestration.listMarketOrders({ machineId: "m", limit })).rejects.toMatchObject(
      {
        name: "OrchestrationValidationError",
        field: "limit",
      },
    );
    expect(stub.requests).toHaveLength(0);
  });
});

describe("checks before anything is sent", () => {
  const blank = [" ", "", "\u00a0", undefined, null, 5];
  const broken: [string, string, (client: sdk.OrchestrationClient, value: never) => Promise<unknown>][] = [
    [
      "identityRef",
      "createMachineIdentityChallenge",
      (c, identityRef) => c.createMachineIdentityChallenge({ identityRef }),
    ],
    [
      "displayName",
      "createMachine",
      (c, displayName) => c.createMachine({ ...bodies.createMachine, displayName } as never),
    ],
    [
      "ownerId",
      "createMachine",
      (c, ownerId) => c.createMachine({ ...bodies.createMachine, ownerId } as never),
    ],
    ["machineId", "getMachine", (c, id) => c.getMachine(id)],
    ["pairingId", "revokeAgentPairing", (c, id) => c.revokeAgentPairing("m", id)],
    [
      "agentRole",
      "createAgentPairing",
      (c, agentRole) => c.createAgentPairing("m", { ...bodies.createAgentPairing, agentRole } as never),
    ],
    [
      "agentProof.signature",
      "createAgentPairingSession",
      (c, signature) =>
        c.createAgentPairingSession("m", "p", { agentProof: { challengeId: "c", signature } }),
    ],
    [
      "agentProof.challengeId",
      "createAgentPairing",
      (c, challengeId) =>
        c.createAgentPairing("m", {
          ...bodies.createAgentPairing,
          agentProof: { challengeId, signature: "s" },
        } as never),
    ],
    ["agentId", "revokeMachineAgent", (c, id) => c.revokeMachineAgent("m", id)],
    [
      "agentToken",
      "machineAgentHeartbeat",
      (c, agentToken) => c.machineAgentHeartbeat({ ...bodies.machineAgentHeartbeat, agentToken } as never),
    ],
    ["providerKey", "deleteRuntimeEndpoint", (c, key) => c.deleteRuntimeEndpoint("m", key)],
    [
      "endpointBaseUrl",
      "upsertRuntimeEndpoint",
      (c, endpointBaseUrl) => c.upsertRuntimeEndpoint("m", "q", { endpointBaseUrl }),
    ],
    ["skillKey", "updateSkillConfig", (c, key) => c.updateSkillConfig(key, {})],
    ["serviceId", "getMarketService", (c, id) => c.getMarketService(id)],
    ["pairingToken", "searchMarket", (c, token) => c.searchMarket({}, token)],
    ["searchId", "getMarketSearch", (c, id) => c.getMarketSearch(id)],
    ["machineId", "listMarketOrders", (c, machineId) => c.listMarketOrders({ machineId })],
    [
      "agentPairingId",
      "createMarketOrder",
      (c, agentPairingId) =>
        c.createMarketOrder({ ...bodies.createMarketOrder, agentPairingId } as never, "t"),
    ],
    ["pairingToken", "confirmMarketOrder", (c, token) => c.confirmMarketOrder("o", token)],
    [
      "escrowAddress",
      "lockEscrowPayment",
      (c, escrowAddress) =>
        c.lockEscrowPayment("o", { ...bodies.lockEscrowPayment, escrowAddress } as never, "t"),
    ],
    ["reason", "disputeMarketOrder", (c, reason) => c.disputeMarketOrder("o", { reason }, "t")],
    ["name", "createPolicy", (c, name) => c.createPolicy({ name })],
    ["policyId", "updatePolicy", (c, id) => c.updatePolicy(id, {})],
  ];
  test.each(broken)("%s of %s must not be blank", async (field, _, call) => {
    stub.answer(undefined);
    for (const value of blank)
      await expect(call(newClient().orchestration, value as never)).rejects.toMatchObject({
        name: "OrchestrationValidationError",
        field,
      });
    expect(stub.requests).toHaveLength(0);
  });

  test("missing arguments are named as well", async () => {
    const { orchestration } = newClient() as unknown as { orchestration: Record<string, Method> };
    await expect(orchestration.createMachine?.()).rejects.toMatchObject({ field: "displayName" });
    await expect(orchestration.machineAgentHeartbeat?.()).rejects.toMatchObject({ field: "machineId" });
    await expect(
      orchestration.machineAgentHeartbeat?.({ ...bodies.machineAgentHeartbeat, endpoints: [] }),
    ).rejects.toMatchObject({ field: "endpoints" });
  });

  test("endpointBaseUrl: the published field and constraint", async () => {
    await expect(
      newClient().orchestration.upsertRuntimeEndpoint("m", "q", { endpointBaseUrl: "ftp://h" }),
    ).rejects.toMatchObject({ field: "endpointBaseUrl", constraint: "valid URL" });
  });

  test("a token of two lines is refused by name", async () => {
    await expect(newClient().orchestration.searchMarket({}, "a\nb")).rejects.toMatchObject({
      field: "pairingToken",
    });
  });
});

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
