import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readQuote } from "../src/search/store.ts";
import { type MarketWorld, marketWorld, type WorldAgent, type WorldMachine } from "./world.ts";

let world: MarketWorld;
let machine: WorldMachine;
let agent: WorldAgent;
let client: pg.Client;

beforeAll(async () => {
  world = await marketWorld({ settings: { PEAQOS_MARKET_HEALTH_SECONDS: "0" } });
  client = new pg.Client({ connectionString: world.market.databaseUrl });
  await client.connect();
  machine = await world.machine("searcher", { body: { capabilities: ["ocpp"], labels: { site: "north" } } });
  agent = await world.agent(machine, { fund: false });
  const rail = cheapRail();
  const url = "https://rates.example";
  await world.putService({
    id: "svc_free",
    capabilities: ["fx"],
    maturity: "reference",
    endpoints: [{ url }],
  });
  await world.putService({
    id: "svc_cheap",
    skillKey: "cheap-skill",
    capabilities: ["fx", "crypto"],
    region: "eu-west",
    pricing: { mode: "fixed", amount: 0.1, currency: "USDC" },
    payment: rail,
    endpoints: [{ url }],
  });
  await world.putService({
    id: "svc_dear",
    capabilities: ["fx"],
    pricing: { mode: "fixed", amount: 10.01, currency: "USDC" },
    payment: rail,
    endpoints: [{ url }],
  });
  await world.putService({
    id: "svc_keyed",
    providerKey: "keyed",
    serviceType: "storage.object",
    authType: "api-key",
    operations: ["put-object"],
    operationContracts: [],
    endpoints: [{ url }],
  });
  await world.putService({
    id: "svc_hand",
    executionMode: "external-handoff",
    serviceType: "network.partner-console",
    handoff: { label: "Console", url: "https://console.example" },
  });
}, 60_000);
afterAll(async () => {
  await client.end();
  await world[Symbol.asyncDispose]();
});

const cheapRail = () => ({
  defaultRail: "wallet" as const,
  chain: world.chainName,
  token: "USDC",
  tokenAddress: world.chain.deployment.usdc,
  payeeAddress: world.seller,
});
const search = (body: object, by: WorldAgent = agent, key?: string) =>
  world.call("POST", "/market/search", { token: by.token, body, key });
// biome-ignore lint/suspicious/noExplicitAny: answers of tests
const idsOf = (answer: any): string[] => answer.body.item.quotes.map((quote: any) => quote.serviceId);

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
  const entry = { capabilities: service.capabilities, region: service.region, payment: cheapRail() };
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

test("an Idempotency-Key gives the same search again; without one every search is its own", async () => {
  const body = { serviceType: "oracle.price-feed" };
  const first = await search(body, agent, "search-1");
  expect(first.status).toBe(201);
  expect((await search(body, agent, "search-1")).body).toEqual(first.body);
  expect((await search({ serviceType: "storage" }, agent, "search-1")).body.error.code).toBe("CONFLICT");
  expect((await search(body)).body.item.id).not.toBe((await search(body)).body.item.id);
});

test("searches that arrive together are all answered and kept, each once", async () => {
  const answers = await Promise.all(Array.from({ length: 150 }, () => search({ maxResults: 2 })));
  const ids = answers.map((answer) => answer.body.item.id);
  expect(new Set(ids).size).toBe(150);
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::int as count from market_searches where id = any($1)",
    [ids],
  );
  expect(rows[0]?.count).toBe(150);
  const verified = await world.call("GET", `/audit-events/verify?machineId=${machine.id}`);
  expect(verified.body.item ?? verified.body).toMatchObject({ valid: true });
});

// Guarantees that a session that searched a moment ago is worth nothing once it was ended, here and on another replica.
test("revocation, a changed policy and a blocked machine bite at the next search", async () => {
  const own = await world.machine("watched machine");
  const pairing = (agent: WorldAgent) => `/machines/${own.id}/agent-pairings/${agent.pairingId}`;
  const replica = await world.market.replica();
  const codes = async (by: WorldAgent, key?: string) => {
    const request = { token: by.token, body: {}, key };
    const here = await world.call("POST", "/market/search", request);
    const there = await world.call("POST", "/market/search", { ...request, on: replica });
    return [here.body.error?.code ?? here.status, there.body.error?.code ?? there.status];
  };
  const ended = await world.agent(own, { name: "ended agent", fund: false });
  const kept = await search({ maxResults: 1 }, ended, "kept-search");
  expect(await codes(ended)).toEqual([201, 201]);
  await world.call("DELETE", pairing(ended));
  expect(await codes(ended)).toEqual(["AGENT_PAIRING_INACTIVE", "AGENT_PAIRING_INACTIVE"]);
  // What was answered once is answered again: the repeat makes nothing new.
  expect((await search({ maxResults: 1 }, ended, "kept-search")).body).toEqual(kept.body);

  const changed = await world.agent(own, { name: "changed agent", fund: false });
  expect(await codes(changed)).toEqual([201, 201]);
  await world.call("PATCH", pairing(changed), {
    body: { delegationPolicy: { deniedServiceIds: ["svc_free"] } },
  });
  expect(await codes(changed)).toEqual(["AGENT_AUTH_INVALID", "AGENT_AUTH_INVALID"]);
  const renewed = await world.rotate(changed);
  expect(idsOf(await search({}, renewed))).not.toContain("svc_free");

  await world.call("PATCH", `/machines/${own.id}`, { body: { status: "blocked" } });
  expect(await codes(renewed)).toEqual(["MACHINE_NOT_ACTIVE", "MACHINE_NOT_ACTIVE"]);
});

test("a search of the same batch that is refused leaves the others alone", async () => {
  const refused = await world.agent(machine, { name: "refused in a batch", fund: false });
  expect((await search({}, refused)).status).toBe(201);
  await world.call("DELETE", `/machines/${machine.id}/agent-pairings/${refused.pairingId}`);
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => search({ maxResults: 1 }, i % 4 === 0 ? refused : agent)),
  );
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(30);
  for (const [i, answer] of answers.entries())
    if (i % 4 === 0) expect(answer.body.error.code).toBe("AGENT_PAIRING_INACTIVE");
});

test("what a machine is now, and a live endpoint on it, count at once", async () => {
  await world.putService({ id: "svc_runtime", serviceType: "compute.marketplace", providerKey: "QVAC" });
  const first = (await search({ serviceType: "compute" })).body.item;
  expect(first.quotes[0].integrationStatus).toBe("setup-required");
  await world.call("PATCH", `/machines/${machine.id}`, { body: { labels: { site: "south" } } });
  const endpoint = await world.call("PUT", `/machines/${machine.id}/runtime-endpoints/qvac`, {
    body: { endpointBaseUrl: "http://127.0.0.1:9", networkScope: "loopback", status: "active" },
  });
  expect(endpoint).toMatchObject({ status: 201, body: { item: { status: "active" } } });
  const second = (await search({ serviceType: "compute" })).body.item;
  expect(second.normalizedTask.machine.labels).toEqual({ site: "south" });
  expect(second.quotes[0].integrationStatus).toBe("native");
});

test("who may not search gets the code that says why, and a stranger's search is not found", async () => {
  const none = await world.call("POST", "/market/search", { body: {} });
  expect(none.body.error.code).toBe("AGENT_AUTH_REQUIRED");
  const other = await world.machine("other machine");
  expect((await search({ machineId: other.id })).body.error.code).toBe("AGENT_AUTH_INVALID");
  const revoked = await world.agent(machine, { name: "revoked agent", fund: false });
  await world.call("DELETE", `/machines/${machine.id}/agent-pairings/${revoked.pairingId}`);
  expect((await search({}, revoked)).body.error.code).toBe("AGENT_PAIRING_INACTIVE");
  for (const id of ["msearch_000000000000", "nothing"])
    expect((await world.call("GET", `/market/searches/${id}`)).body.error.code).toBe("NOT_FOUND");
});
