import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readQuote } from "../src/search/store.ts";
import { cheapRail, idsOf, type SearchWorld, searchWorld } from "./search-world.ts";
import type { MarketWorld, WorldAgent, WorldMachine } from "./world.ts";

let own: SearchWorld;
let world: MarketWorld;
let machine: WorldMachine;
let agent: WorldAgent;
let client: pg.Client;

beforeAll(async () => {
  own = await searchWorld();
  ({ world, machine, agent } = own);
  client = new pg.Client({ connectionString: world.market.databaseUrl });
  await client.connect();
}, 60_000);
afterAll(async () => {
  await client.end();
  await own[Symbol.asyncDispose]();
});

const search: SearchWorld["search"] = (...given) => own.search(...given);

test("a search answers ranked quotes with reasons, says what it left out, and can be read again as it was", async () => {
  const body = {
    machineId: machine.id,
    serviceType: "defi",
    operation: "get-latest-price",
    requiredCapabilities: ["fx"],
    region: "eu-west",
    budget: { max: 10, amount: 1, currency: "USD" },
  };
  const answer = await search(body);
  expect(answer.status).toBe(201);
  const { item } = answer.body;
  expect(idsOf(answer)).toEqual(["svc_cheap", "svc_free"]);
  expect(item).toMatchObject({
    machineId: machine.id,
    agentPairingId: agent.pairingId,
    status: "completed",
    requestPayload: body,
    matches: { considered: 3, matched: 2, dropped: { above_budget: 1 } },
    normalizedTask: {
      serviceType: "oracle.price-feed",
      requiredCapabilities: ["fx"],
      allowExternalHandoff: true,
      requireNativeExecution: false,
      operation: "get-latest-price",
      region: "eu-west",
      budget: { max: 10, amount: 1, preferred: null, currency: "USD" },
      maxResults: null,
      machine: {
        id: machine.id,
        status: "active",
        capabilities: ["ocpp"],
        labels: { site: "north" },
        bonded: true,
      },
    },
  });
  expect(item.quotes[0]).toMatchObject({
    operation: "get-latest-price",
    executionMode: "native",
    integrationStatus: "native",
    pricing: { mode: "fixed", amount: 0.1, currency: "USDC" },
    payment: { defaultRail: "wallet", required: true, payeeAddress: world.seller },
    reasons: [
      "on the market: +40",
      "executed by the market itself: +10",
      "in beta: +2",
      "offers get-latest-price: +15",
      "has fx: +10",
      "no credentials needed: +5",
      "in eu-west: +5",
      "0.1 USD is within the 1 USD wished for: +9.5",
    ],
    score: 96.5,
  });
  expect(Date.parse(item.quotes[0].expiresAt) - Date.parse(item.createdAt)).toBe(300_000);
  const again = await world.call("GET", `/market/searches/${item.id}`);
  expect(again).toMatchObject({ status: 200, body: answer.body });
  const audit = await world.call("GET", `/audit-events?machineId=${machine.id}&resourceType=market-search`);
  expect(audit.body.items[0]).toMatchObject({
    type: "search.completed",
    resourceId: item.id,
    actor: `agent:${agent.pairingId}`,
    payload: { quotes: 2, considered: 3 },
  });
});

test("a kept quote is what was promised, also after the service has changed", async () => {
  const { item } = (await search({ serviceType: "oracle.price-feed", maxResults: 1, budget: { amount: 1 } }))
    .body;
  expect(item.quotes).toHaveLength(1);
  const [quote] = item.quotes;
  const service = (await world.call("GET", `/market/services/${quote.serviceId}`)).body.item;
  const dearer = { ...service.pricing, amount: 0.2 };
  const entry = { capabilities: service.capabilities, region: service.region, payment: cheapRail(world) };
  await world.putService({ id: "svc_cheap", skillKey: "cheap-skill", ...entry, pricing: dearer });
  const kept = await readQuote(client, quote.id);
  expect(kept).toEqual({
    quote,
    amount: "0.1",
    currency: "USDC",
    searchId: item.id,
    machineId: machine.id,
    agentPairingId: agent.pairingId,
    expiresAt: new Date(quote.expiresAt),
  });
  for (const id of [
    `${quote.id.slice(0, -2)}63`,
    "mquote_000000000000",
    "mquote_00000000000000",
    item.id,
    "x'--",
  ])
    expect(await readQuote(client, id), id).toBeNull();
  const all = (await search({ serviceType: "oracle.price-feed" })).body.item.quotes;
  const priced = await readQuote(
    client,
    all.find((each: { serviceId: string }) => each.serviceId === "svc_dear").id,
  );
  expect(priced).toMatchObject({ amount: "10.01", currency: "USDC" });
});

test("whatever a tolerant client sends, a search finds something or nothing and is no error", async () => {
  const none = await search({ serviceType: "compute.inference", madeUp: { deep: [1] } });
  expect(none.body.item).toMatchObject({ status: "no_match", quotes: [], matches: { considered: 0 } });
  expect(none.body.item.requestPayload).toEqual({ serviceType: "compute.inference" });
  const everything = await search({});
  expect(idsOf(everything)).toHaveLength(5);
  expect(everything.body.item.normalizedTask.serviceType).toBe("");
  expect(idsOf(await search({ serviceType: null, budget: null, maxResults: -3 }))).toHaveLength(5);
  expect(idsOf(await search({ serviceType: " Storage ", maxResults: 0 }))).toEqual(["svc_keyed"]);
  const both = { requireNativeExecution: true, allowExternalHandoff: true };
  expect(idsOf(await search({ serviceType: "network.partner-console", ...both }))).toEqual([]);
  expect(idsOf(await search({ serviceType: "network.partner-console", allowExternalHandoff: true }))).toEqual(
    ["svc_hand"],
  );
  const missing = await search({ serviceType: "oracle.price-feed", operation: "No_such" });
  expect(missing.body.item.matches).toEqual({
    considered: 3,
    matched: 0,
    dropped: { operation_not_offered: 3 },
  });
  const empty = await world.call("POST", "/market/search", {
    token: agent.token,
    headers: { "content-type": "application/json" },
  });
  expect(empty.status).toBe(201);
  for (const body of [
    { maxResults: 1.5 },
    { budget: 5 },
    { operation: "a\0b" },
    { requiredCapabilities: "fx" },
  ])
    expect((await search(body)).body.error.code, JSON.stringify(body)).toBe("VALIDATION_ERROR");
});

// Guarantees that an agent is never offered what its owner has forbidden.
test("delegation policy and the machine's policies decide what is found", async () => {
  const limited = await world.agent(machine, {
    name: "limited agent",
    fund: false,
    policy: { deniedServiceIds: ["svc_free"], deniedSkillKeys: ["cheap-skill"] },
  });
  const answer = await search({ serviceType: "oracle.price-feed" }, limited);
  expect(idsOf(answer)).toEqual(["svc_dear"]);
  expect(answer.body.item.matches.dropped).toEqual({ policy_denied: 2 });
  const allowed = await world.agent(machine, {
    name: "allowed agent",
    fund: false,
    policy: { allowedServiceIds: ["svc_free", "svc_hand"] },
  });
  expect(idsOf(await search({}, allowed)).sort()).toEqual(["svc_free", "svc_hand"]);
  const policy = await world.call("POST", "/policies", {
    body: { name: "cheap and native", nativeOnly: true, budgetCap: { currency: "USD", amount: 0.2 } },
  });
  expect(policy.status).toBe(201);
  const ruled = await world.machine("ruled", { body: { policyIds: [policy.body.item.id] } });
  const ruledAgent = await world.agent(ruled, { fund: false });
  expect(idsOf(await search({}, ruledAgent)).sort()).toEqual(["svc_cheap", "svc_free", "svc_keyed"]);
});

// Guarantees that credentials of a provider leave nothing in the database or the answers but the fact that there were some.
test("provider credentials raise a quote and are never kept", async () => {
  const secret = "walrus-publisher-token-4711";
  const without = (await search({ serviceType: "storage" })).body.item;
  expect(without.quotes[0].integrationStatus).toBe("credentials-required");
  for (const providerCredentials of [
    { Keyed: { publisherToken: secret } },
    { providers: { keyed: { publisherToken: secret } } },
  ]) {
    const { item } = (await search({ serviceType: "storage", providerCredentials })).body;
    expect(item.quotes[0].integrationStatus).toBe("native");
    expect(item.quotes[0].score).toBe(without.quotes[0].score + 25);
    expect(item.requestPayload.providerCredentials).toBe("[REDACTED]");
    expect(JSON.stringify(item)).not.toContain(secret);
  }
  const empty = await search({
    serviceType: "storage",
    providerCredentials: { keyed: { publisherToken: "" } },
  });
  expect(empty.body.item.quotes[0].integrationStatus).toBe("credentials-required");
  for (const table of ["market_searches", "audit_events", "idempotency_keys"]) {
    const { rows } = await client.query(`select * from ${table}`);
    expect(JSON.stringify(rows)).not.toContain(secret);
  }
});

test("a skill's configuration counts for searches: credentials lift its services, switched off it drops them", async () => {
  const status = async () =>
    (await search({ serviceType: "storage" })).body.item.quotes[0]?.integrationStatus;
  const configure = (body: object) => world.call("PATCH", "/skills/svc_keyed-skill/config", { body });
  await configure({ credentials: { apiKey: "k" } });
  expect(await status()).toBe("native");
  await configure({ enabled: false });
  const off = await search({ serviceType: "storage" });
  expect(off.body.item).toMatchObject({ status: "no_match", matches: { dropped: { skill_disabled: 1 } } });
  await configure({ enabled: true, credentials: { apiKey: "" } });
  expect(await status()).toBe("credentials-required");
});

test("a service is read with what a machine lacks for it", async () => {
  await world.putService({ id: "svc_local", serviceType: "device.control", providerKey: "qvac" });
  const read = async (query: string) =>
    (await world.call("GET", `/market/services/svc_local${query}`)).body.item;
  expect((await read("")).integrationStatus).toBe("native");
  const seen = await read(`?machineId=${machine.id}`);
  expect(seen.integrationStatus).toBe("setup-required");
  expect(seen.metadata.machine).toMatchObject({ machineId: machine.id, ready: false });
});
