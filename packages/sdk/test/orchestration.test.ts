import { inspect } from "node:util";
import { marketOperations } from "@peaqos/protocol/market";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import * as sdk from "../src/index.ts";
import * as market from "../src/orchestration/index.ts";
import {
  argumentsOf,
  bodies,
  collect,
  fixture,
  json,
  type Method,
  marketClient,
  methodOf,
  operations,
  settings,
} from "./market-client.ts";
import { marketStub, type Recorded } from "./market-stub.ts";

/** The market's client: what it sends, refuses to send, and walks through. */

let stub: Awaited<ReturnType<typeof marketStub>>;
beforeAll(async () => {
  stub = await marketStub();
});
afterAll(() => stub.stop());
afterEach(() => stub.answer(undefined));

const newClient = (extra: Partial<sdk.PeaqosClientOptions> = {}) => marketClient(stub.url, extra);

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
    const byKey = operation.auth === "apiKey" || operation.auth === "apiKeyOrPairing";
    expect(sent.headers["x-api-key"]).toBe(byKey ? "platform-key" : undefined);
    expect(sent.headers["x-agent-pairing-token"]).toBe(
      operation.auth === "pairing" ? "pairing-token" : undefined,
    );
    expect(sent.headers.authorization).toBeUndefined();
    expect(sent.headers["content-type"]).toBe("application/json");
    expect(sent.headers["user-agent"]).toBe(`peaq-os-sdk-js/${sdk.SDK_VERSION}`);
    expect(sent.headers["idempotency-key"] === undefined).toBe(!operation.idempotent);
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
      [
        ...operations.map(([id]) => id),
        ...iterators.map((each) => `list${each}All`),
        "checkHealth",
        "buy",
        "waitForOrder",
      ].sort(),
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

/** Guarantees that an agent's token travels alone: the platform's key stays at home. */
test("the allowance by the pairing's own token", async () => {
  await newClient().orchestration.getPairingAllowance("m", "p", "pairing-token");
  expect(stub.last().headers["x-agent-pairing-token"]).toBe("pairing-token");
  expect(stub.last().headers["x-api-key"]).toBeUndefined();
  await expect(newClient().orchestration.getPairingAllowance("m", "p", " ")).rejects.toMatchObject({
    field: "pairingToken",
  });
});

/** Guarantees that one-time tokens reach the caller and no log. */
test.each([
  ["createAgentPairing", "pairingToken"],
  ["createAgentPairingSession", "pairingToken"],
  ["enrollMachineAgent", "provisioningToken"],
  ["createPlatformKey", "key"],
  ["rotatePlatformKey", "key"],
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
