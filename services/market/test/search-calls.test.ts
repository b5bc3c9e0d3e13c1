import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { idsOf, type SearchWorld, searchWorld } from "./search-world.ts";
import { type MarketWorld, succeeded, type WorldAgent, type WorldMachine } from "./world.ts";

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
  const watched = await world.machine("watched machine");
  const pairing = (agent: WorldAgent) => `/machines/${watched.id}/agent-pairings/${agent.pairingId}`;
  const replica = await world.market.replica();
  const codes = async (by: WorldAgent, key?: string) => {
    const request = { token: by.token, body: {}, key };
    const here = await world.call("POST", "/market/search", request);
    const there = await world.call("POST", "/market/search", { ...request, on: replica });
    return [here.body.error?.code ?? here.status, there.body.error?.code ?? there.status];
  };
  const ended = await world.agent(watched, { name: "ended agent", fund: false });
  await search({ maxResults: 1 }, ended, "kept-search");
  expect(await codes(ended)).toEqual([201, 201]);
  await world.call("DELETE", pairing(ended));
  expect(await codes(ended)).toEqual(["AGENT_PAIRING_INACTIVE", "AGENT_PAIRING_INACTIVE"]);
  // What was answered once is not answered again either: the token is worth nothing.
  expect((await search({ maxResults: 1 }, ended, "kept-search")).body.error.code).toBe(
    "AGENT_PAIRING_INACTIVE",
  );

  const changed = await world.agent(watched, { name: "changed agent", fund: false });
  expect(await codes(changed)).toEqual([201, 201]);
  await world.call("PATCH", pairing(changed), {
    body: { delegationPolicy: { deniedServiceIds: ["svc_free"] } },
  });
  expect(await codes(changed)).toEqual(["AGENT_AUTH_INVALID", "AGENT_AUTH_INVALID"]);
  const renewed = await world.rotate(changed);
  expect(idsOf(await search({}, renewed))).not.toContain("svc_free");

  const before = succeeded(await search({ maxResults: 1 }, renewed, "before-the-block"));
  await world.call("PATCH", `/machines/${watched.id}`, { body: { status: "blocked" } });
  expect(await codes(renewed)).toEqual(["MACHINE_NOT_ACTIVE", "MACHINE_NOT_ACTIVE"]);
  // The session lives: what it was answered before the block is answered again, and nothing new is made.
  expect((await search({ maxResults: 1 }, renewed, "before-the-block")).body).toEqual(before.body);
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
