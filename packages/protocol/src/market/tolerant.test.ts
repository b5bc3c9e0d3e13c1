import { describe, expect, test } from "vitest";
import { handoffFixture, marketFixtures } from "./fixtures.ts";
import type { MarketOperation } from "./operation.ts";
import { marketOperations } from "./operations.ts";
import { readerOf } from "./reading.ts";

/** What clients of all ages send and read (the published ones included) is understood. */

type Json = Record<string, unknown>;
const answer = (id: keyof typeof marketOperations) => {
  const { item, items } = marketFixtures[id] as { item?: Json; items?: Json[] };
  return structuredClone(item ?? items?.[0] ?? marketFixtures[id]) as Json;
};
const read = (id: keyof typeof marketOperations, value: unknown) =>
  readerOf((marketOperations[id] as MarketOperation).answer!).safeParse(value);
const body = (id: keyof typeof marketOperations, value: unknown) =>
  (marketOperations[id] as MarketOperation).body!.safeParse(value);

describe("reading answers", () => {
  test("every complete answer reads back unchanged", () => {
    for (const [id, operation] of Object.entries(marketOperations) as [
      keyof typeof marketOperations,
      MarketOperation,
    ][])
      if (operation.answer !== undefined) expect(read(id, answer(id)).data, id).toEqual(answer(id));
    expect(read("executeMarketOrder", handoffFixture).data).toEqual(handoffFixture);
  });

  test("fields that may lack, null in others, unknown words and unknown keys", () => {
    const { capabilities: _1, labels: _2, identityProof: _3, ...machine } = answer("getMachine");
    const result = read("getMachine", {
      ...machine,
      status: "retired",
      ownerId: null,
      policyIds: null,
      extra: { a_b: 1 },
    });
    expect(result.data).toMatchObject({
      capabilities: [],
      labels: {},
      identityProof: null,
      policyIds: [],
      status: "retired",
      ownerId: null,
      extra: { a_b: 1 },
    });
  });

  test("amounts as numeric text or beyond 2^53 are numbers", () => {
    const policy = answer("listPolicies");
    const amountOf = (amount: unknown) =>
      read("listPolicies", { ...policy, budgetCap: { currency: "USD", amount } }).data as {
        budgetCap: unknown;
      };
    expect(amountOf("100.5").budgetCap).toEqual({ currency: "USD", amount: 100.5 });
    expect(amountOf(10n ** 18n).budgetCap).toEqual({ currency: "USD", amount: 1e18 });
  });

  test("a default is a value of its own for every answer", () => {
    const { capabilities: _, ...machine } = answer("getMachine");
    const [one, two] = [read("getMachine", machine), read("getMachine", machine)].map(
      ({ data }) => (data as { capabilities: string[] }).capabilities,
    );
    expect(one).not.toBe(two);
  });

  test.each([
    ["getMachine", "id"],
    ["getMachine", "createdAt"],
    ["listAgentPairings", "delegationPolicy"],
    ["createAgentPairing", "pairingToken"],
    ["getMarketOrder", "payment"],
    ["getMarketPayment", "rail"],
    ["searchMarket", "quotes"],
    ["searchMarket", "normalizedTask"],
    ["executeMarketOrder", "execution"],
    ["disputeMarketOrder", "dispute"],
    ["getReadiness", "status"],
  ] as const)("%s without %s is refused", (id, field) => {
    const { [field]: _, ...rest } = answer(id);
    expect(read(id, rest).success).toBe(false);
  });

  test.each([
    ["getMarketOrder", "payment", null],
    ["getMarketPayment", "rail", "wallet"],
    ["searchMarket", "quotes", {}],
    ["listPolicies", "budgetCap", 5],
    ["getMachine", "identityProof", { method: "eip191" }],
    ["getMarketOrder", "handoff", { label: "x" }],
    ["getHealth", "ok", "true"],
  ] as const)("%s with a broken %s is refused", (id, field, value) => {
    expect(read(id, { ...answer(id), [field]: value }).success).toBe(false);
  });

  test("second names: request, inputPayload, railType, agentToken", () => {
    const { requestPayload, ...search } = answer("searchMarket");
    expect(read("searchMarket", { ...search, request: requestPayload }).data).toMatchObject({
      requestPayload,
    });
    const { input, ...order } = answer("getMarketOrder");
    expect(read("getMarketOrder", { ...order, inputPayload: input }).data).toMatchObject({ input });
    const payment = answer("getMarketPayment");
    const { type, ...rail } = payment.rail as Json;
    expect(read("getMarketPayment", { ...payment, rail: { ...rail, railType: type } }).data).toMatchObject({
      rail: { type },
    });
    const { provisioningToken, ...agent } = answer("enrollMachineAgent");
    expect(read("enrollMachineAgent", agent).data).toMatchObject({ provisioningToken });
  });

  test("a confirmation's payment of another kind counts as null, a broken one does not", () => {
    for (const payment of [null, undefined, "held", 5, []])
      expect(read("confirmMarketOrder", { ...answer("confirmMarketOrder"), payment }).data).toMatchObject({
        payment: null,
      });
    expect(
      read("confirmMarketOrder", { ...answer("confirmMarketOrder"), payment: { id: "x" } }).success,
    ).toBe(false);
  });

  test("a free-form object of another kind counts as empty, its own keys stay as they are", () => {
    expect(read("getMarketOrder", { ...answer("getMarketOrder"), input: [1] }).data).toMatchObject({
      input: {},
    });
    expect(read("getMarketOrder", answer("getMarketOrder")).data).toMatchObject({
      input: { base_symbol: "EUR", nested: { "GPU-Model": "x" } },
    });
  });
});

describe("reading requests", () => {
  test("null means absent, and an absent body is an empty one", () => {
    expect(body("updateMachine", { status: "active", displayName: null }).data).toEqual({ status: "active" });
    for (const empty of [undefined, null, {}]) {
      expect(body("confirmMarketOrder", empty).success).toBe(true);
      expect(body("releasePayment", empty).success).toBe(true);
      expect(body("createPaymentIntent", empty).success).toBe(true);
    }
    expect(body("createMachine", undefined).success).toBe(false);
  });

  test("heartbeat endpoints in either spelling, nulls included", () => {
    const endpoint = {
      provider_key: "qvac",
      endpoint_base_url: "http://127.0.0.1:9",
      label: null,
      auth_type: null,
      auth_token: null,
      model_alias: null,
      network_scope: null,
      probe_path: null,
    };
    const outer = { machineId: "m", agentId: "a", agentToken: "t", leaseTtlSeconds: null };
    const snake = body("machineAgentHeartbeat", { ...outer, endpoints: [endpoint] });
    const camel = body("machineAgentHeartbeat", {
      ...outer,
      endpoints: [{ providerKey: "qvac", endpointBaseUrl: "http://127.0.0.1:9" }],
    });
    expect(snake.data).toEqual(camel.data);
    expect(snake.data).toMatchObject({ endpoints: [{ providerKey: "qvac" }] });
    expect(body("machineAgentHeartbeat", { ...outer, endpoints: [] }).success).toBe(false);
  });

  test("xvv42 is mpp; other unknown rails are refused", () => {
    expect(body("createPaymentIntent", { rail: { type: "xvv42" } }).data).toMatchObject({
      rail: { type: "mpp" },
    });
    expect(body("createPaymentIntent", { rail: { type: "cash" } }).success).toBe(false);
  });

  test("provider credentials flat or under providers", () => {
    const flat = { walrus: { publisherUrl: "u", publisherToken: null } };
    for (const providerCredentials of [flat, { providers: flat }])
      expect(body("searchMarket", { providerCredentials }).data).toEqual({
        providerCredentials: { walrus: { publisherUrl: "u" } },
      });
    // A provider that happens to have that name.
    expect(body("searchMarket", { providerCredentials: { providers: { apiKey: "k" } } }).data).toEqual({
      providerCredentials: { providers: { apiKey: "k" } },
    });
  });

  test("search takes anything it does not know; other bodies refuse unknown fields", () => {
    expect(
      body("searchMarket", { serviceType: "compute.inference", maxResults: -3, mood: "good" }).data,
    ).toEqual({
      serviceType: "compute.inference",
      maxResults: -3,
    });
    expect(body("createPolicy", { name: "p", mood: "good" }).success).toBe(false);
  });

  test("a proof's amount as text or number, never as anything else", () => {
    const proof = {
      verificationMode: "recorded",
      chain: "c",
      token: "t",
      payerAddress: "a",
      payeeAddress: "b",
    };
    expect(body("submitPaymentProof", { ...proof, amount: 1.5 }).data).toMatchObject({ amount: "1.5" });
    expect(body("submitPaymentProof", { ...proof, amount: "1.50" }).data).toMatchObject({ amount: "1.50" });
    // The published Python client writes small amounts so.
    expect(body("submitPaymentProof", { ...proof, amount: "5e-05" }).success).toBe(true);
    for (const amount of ["-1", "1e3", "", " 1", "0x1", "1,5", null, true, "NaN"])
      expect(body("submitPaymentProof", { ...proof, amount }).success, String(amount)).toBe(false);
  });

  test("NUL, blank names, deep and huge input are refused", () => {
    const nul = String.fromCharCode(0);
    const machine = { displayName: "n", ownerId: "o", machineType: "", runtimeProfile: "" };
    expect(body("createMachine", machine).success).toBe(true);
    for (const displayName of ["", " ", `a${nul}b`, "x".repeat(201), 5])
      expect(body("createMachine", { ...machine, displayName }).success).toBe(false);
    let deep: Json = {};
    for (let level = 0; level < 100; level++) deep = { deep };
    expect(body("executeMarketOrder", { input: deep }).success).toBe(false);
    expect(body("executeMarketOrder", { input: { text: [`a${nul}`] } }).success).toBe(false);
    expect(body("executeMarketOrder", { input: { [`k${nul}`]: 1 } }).success).toBe(false);
    expect(
      body("executeMarketOrder", { input: { base_symbol: null, list: [null, { a_b: 1 }] } }).data,
    ).toEqual({
      input: { base_symbol: null, list: [null, { a_b: 1 }] },
    });
  });
});
