import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MarketWorld, marketWorld, succeeded, type WorldAnswer, type WorldMachine } from "../world.ts";

/** Agents on machines, heartbeats and runtime endpoints, over HTTP. */

let world: MarketWorld;
let machine: WorldMachine;
let runtime: Server & { seen: { url: string; headers: IncomingHttpHeaders }[]; status: number };
let url = "";
beforeAll(async () => {
  world = await marketWorld();
  machine = await world.machine("with runtimes");
  const seen: typeof runtime.seen = [];
  const server = createServer((request, response) => {
    seen.push({ url: request.url ?? "", headers: request.headers });
    response.writeHead(runtime.status, { location: "http://169.254.169.254/" }).end("{}");
  });
  runtime = Object.assign(server, { seen, status: 200 });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  runtime.close();
});

const code = ({ status, body }: WorldAnswer) => `${status} ${body?.error?.code}`;
const at = (path: string, of = machine) => `/machines/${of.id}${path}`;

async function enrol(body: object = {}, of = machine) {
  return succeeded(await world.call("POST", at("/agents/enrollment", of), { body })).body.item;
}

type Enrolled = { id: string; agentToken: string };

const beat = (agent: Enrolled, more: object = {}, headers: Record<string, string> = {}) =>
  world.call("POST", "/machine-agents/heartbeat", {
    headers,
    body: {
      machineId: machine.id,
      agentId: agent.id,
      agentToken: agent.agentToken,
      endpoints: [{ providerKey: "qvac", endpointBaseUrl: url }],
      ...more,
    },
  });

const endpoint = (key: string) => world.call("GET", at(`/runtime-endpoints/${key}`));
const put = (key: string, body: object, options: object = {}) =>
  world.call("PUT", at(`/runtime-endpoints/${key}`), { body, ...options });

test("an agent is enrolled with a token that is shown once, under both names", async () => {
  const agent = await enrol({ label: "Stream runtime", allowedProviderKeys: ["Stream"] });
  expect(agent).toMatchObject({
    machineId: machine.id,
    label: "Stream runtime",
    allowedProviderKeys: ["stream"],
    status: "provisioned",
    lastSeenAt: null,
    provisioningToken: expect.stringMatching(/^pmat_[\w-]{43}$/),
    tokenLastFour: agent.agentToken.slice(-4),
  });
  expect(agent.agentToken).toBe(agent.provisioningToken);
  const list = await world.call("GET", at("/agents"));
  expect(list.body.items).toContainEqual(expect.objectContaining({ id: agent.id, provisioningToken: null }));
  expect(JSON.stringify(list.body)).not.toContain(agent.agentToken);
  // An empty body is none, as one client sends it.
  const bare = await fetch(`${world.market.api}${at("/agents/enrollment")}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
  });
  expect(bare.status).toBe(201);
});

test("a heartbeat makes the agent active and its endpoints live for the lease, then no longer", async () => {
  const agent = await enrol();
  const answer = await beat(agent, { leaseTtlSeconds: 60 });
  expect(answer).toMatchObject({
    status: 200,
    body: {
      item: {
        machineId: machine.id,
        agentId: agent.id,
        leaseTtlSeconds: 60,
        endpoints: [{ providerKey: "qvac", endpointBaseUrl: url, status: "active", healthError: null }],
        nextHeartbeatSeconds: 30,
      },
    },
  });
  const { leaseExpiresAt } = answer.body.item.endpoints[0];
  expect(Date.parse(leaseExpiresAt) - Date.parse(answer.body.item.observedAt)).toBe(60_000);
  expect((await world.call("GET", at("/agents"))).body.items).toContainEqual(
    expect.objectContaining({ id: agent.id, status: "active", lastSeenAt: expect.any(String) }),
  );
  expect((await endpoint("qvac")).body.item).toMatchObject({
    source: "agent",
    agentId: agent.id,
    status: "active",
    leaseExpiresAt,
    probePath: "/v1/models",
    label: "QVAC runtime",
    networkScope: "loopback",
  });
  world.market.clock.add(60_001);
  expect((await endpoint("QVAC")).body.item.status).toBe("unreachable");
  await beat(agent);
  expect((await endpoint("qvac")).body.item.status).toBe("active");
  world.market.clock.add(-60_001);
});

test("endpoints may come in snake_case, complete with nulls, and the token in a header", async () => {
  const agent = await enrol();
  const endpoints = [
    {
      provider_key: "Snake",
      endpoint_base_url: `  ${url}/path?query#hash `,
      label: null,
      auth_type: null,
      auth_token: null,
      model_alias: null,
      network_scope: null,
      probe_path: null,
    },
  ];
  for (const headers of [
    { "x-agent-pairing-token": agent.agentToken },
    { authorization: `Bearer ${agent.agentToken}` },
  ]) {
    const answer = await beat(agent, { agentToken: null, leaseTtlSeconds: null, endpoints }, headers);
    expect(answer.body.item).toMatchObject({
      leaseTtlSeconds: 120,
      endpoints: [{ providerKey: "snake", endpointBaseUrl: url }],
    });
  }
});

test("guarantee: a heartbeat without the agent's own token, or for another machine, changes nothing", async () => {
  const [agent, other] = [await enrol(), await enrol()];
  const elsewhere = await world.machine("another one");
  const foreign = await enrol({}, elsewhere);
  expect(code(await beat({ ...agent, agentToken: undefined as never }))).toBe("401 AGENT_AUTH_REQUIRED");
  for (const agentToken of [
    other.agentToken,
    foreign.agentToken,
    "pmat_",
    "x",
    `${agent.agentToken}x`,
    agent.agentToken.toUpperCase(),
  ])
    expect(code(await beat({ ...agent, agentToken })), agentToken).toBe("401 AGENT_AUTH_INVALID");
  expect(code(await beat({ id: "magent_ffffffffffff", agentToken: agent.agentToken }))).toBe(
    "401 AGENT_AUTH_INVALID",
  );
  expect(code(await beat(foreign))).toBe("404 NOT_FOUND");
  const pairing = await world.agent(machine, { fund: false });
  expect(code(await beat({ ...agent, agentToken: pairing.token }))).toBe("401 AGENT_AUTH_INVALID");
  expect((await world.call("GET", at("/agents"))).body.items).toContainEqual(
    expect.objectContaining({ id: agent.id, status: "provisioned" }),
  );
});

test("guarantee: a revoked agent is out at once, with its endpoints, also while its heartbeat is under way", async () => {
  const agent = await enrol();
  await beat(agent, { endpoints: [{ providerKey: "revoked", endpointBaseUrl: url }] });
  expect((await endpoint("revoked")).body.item.status).toBe("active");
  expect((await world.call("DELETE", at(`/agents/${agent.id}`))).status).toBe(204);
  expect((await world.call("DELETE", at(`/agents/${agent.id}`))).status).toBe(204);
  expect((await endpoint("revoked")).body.item.status).toBe("unreachable");
  expect(code(await beat(agent))).toBe("403 AGENT_PAIRING_INACTIVE");
  const racing = await enrol();
  await Promise.all([
    ...Array.from({ length: 6 }, () =>
      beat(racing, { endpoints: [{ providerKey: "race", endpointBaseUrl: url }] }),
    ),
    world.call("DELETE", at(`/agents/${racing.id}`)),
  ]);
  const left = await endpoint("race");
  expect(left.status === 404 || left.body.item.status === "unreachable").toBe(true);
  expect((await world.call("GET", at("/agents"))).body.items).toContainEqual(
    expect.objectContaining({ id: racing.id, status: "revoked" }),
  );
});

test("an agent names endpoints only for providers it may, and leases only within bounds", async () => {
  const agent = await enrol({ allowedProviderKeys: ["qvac"] });
  const denied = await beat(agent, { endpoints: [{ providerKey: "other", endpointBaseUrl: url }] });
  expect(code(denied)).toBe("403 AGENT_POLICY_DENIED");
  expect(denied.body.error.details).toMatchObject({ denied: ["other"], allowedProviderKeys: ["qvac"] });
  expect((await beat(agent, { endpoints: [{ providerKey: "QVAC", endpointBaseUrl: url }] })).status).toBe(
    200,
  );
  for (const more of [
    { leaseTtlSeconds: 29 },
    { leaseTtlSeconds: 3_601 },
    { leaseTtlSeconds: 1.5 },
    { endpoints: [] },
    { endpoints: [{ providerKey: "qvac" }] },
  ])
    expect(code(await beat(agent, more)), JSON.stringify(more)).toBe("400 VALIDATION_ERROR");
  const twice = await beat(agent, {
    endpoints: [
      { providerKey: "qvac", endpointBaseUrl: url },
      { providerKey: "QVAC", endpointBaseUrl: url },
    ],
  });
  expect(code(twice)).toBe("400 VALIDATION_ERROR");
});

test("an operator sets, changes and deletes an endpoint; its credential is never shown and never goes to another address", async () => {
  const first = await put("Walrus", {
    endpointBaseUrl: `${url}/x`,
    authType: "bearer",
    authToken: "s3cret-of-walrus",
    label: "W",
    modelAlias: "m",
  });
  expect(first).toMatchObject({
    status: 201,
    body: {
      item: {
        providerKey: "walrus",
        source: "manual",
        agentId: null,
        label: "W",
        modelAlias: "m",
        hasAuthToken: true,
        authType: "bearer",
        probePath: "/health",
        status: "active",
      },
    },
  });
  expect(JSON.stringify(first.body)).not.toContain("s3cret");
  expect(runtime.seen.at(-1)).toMatchObject({
    url: "/health",
    headers: { authorization: "Bearer s3cret-of-walrus" },
  });
  const { rows } = await world.market.service.market.database.pool.query(
    "select t::text as line from runtime_endpoints t",
  );
  expect(JSON.stringify(rows)).not.toContain("s3cret");
  const kept = await put("walrus", { endpointBaseUrl: url });
  expect(kept).toMatchObject({
    status: 200,
    body: { item: { id: first.body.item.id, hasAuthToken: true, label: "WALRUS runtime" } },
  });
  const moved = await put("walrus", { endpointBaseUrl: url.replace("127.0.0.1", "localhost") });
  expect(moved.body.item.hasAuthToken).toBe(false);
  expect(runtime.seen.at(-1)?.headers.authorization).toBeUndefined();
  const key = await put("walrus", { endpointBaseUrl: url, authType: "api-key", authToken: "k3y" });
  expect(key.body.item.hasAuthToken).toBe(true);
  expect(runtime.seen.at(-1)?.headers["x-api-key"]).toBe("k3y");
  expect((await put("walrus", { endpointBaseUrl: url, authType: "none" })).body.item.hasAuthToken).toBe(
    false,
  );
  expect((await world.call("DELETE", at("/runtime-endpoints/walrus"))).status).toBe(204);
  expect(code(await endpoint("walrus"))).toBe("404 NOT_FOUND");
  expect(code(await world.call("DELETE", at("/runtime-endpoints/walrus")))).toBe("404 NOT_FOUND");
});

test("a probe tells active, degraded and unreachable apart, and follows no redirect", async () => {
  const statusOf = async (status: number) => {
    runtime.status = status;
    const answer = await put("probed", { endpointBaseUrl: url, probePath: "ready" });
    runtime.status = 200;
    return answer.body.item;
  };
  expect(await statusOf(200)).toMatchObject({
    status: "active",
    probePath: "/ready",
    lastProbeError: null,
    lastHealthyAt: expect.any(String),
  });
  expect(await statusOf(503)).toMatchObject({
    status: "degraded",
    lastProbeError: "GET /ready answered 503",
  });
  expect(await statusOf(302)).toMatchObject({
    status: "degraded",
    lastProbeError: "GET /ready answered 302",
  });
  const gone = await put("probed", { endpointBaseUrl: "http://127.0.0.1:9" });
  expect(gone.body.item).toMatchObject({
    status: "unreachable",
    lastProbeError: expect.any(String),
    lastHealthyAt: null,
  });
  // What the operator says is not asked again.
  const said = await put("probed", {
    endpointBaseUrl: "http://127.0.0.1:9",
    status: "active",
    leaseExpiresAt: new Date(Date.now() + 60_000).toISOString(),
  });
  expect(said.body.item).toMatchObject({ status: "active", leaseExpiresAt: expect.any(String) });
  expect(code(await put("probed", { endpointBaseUrl: url, leaseExpiresAt: "2020-01-01T00:00:00Z" }))).toBe(
    "400 VALIDATION_ERROR",
  );
});

test("guarantee: an endpoint cannot be used to reach what its network scope does not allow", async () => {
  const bad: object[] = [
    { endpointBaseUrl: "http://10.0.0.1" },
    { endpointBaseUrl: "http://192.168.1.1", networkScope: "lan" },
    { endpointBaseUrl: "http://vpn.example", networkScope: "vpn" },
    { endpointBaseUrl: "http://169.254.169.254" },
    { endpointBaseUrl: "http://169.254.169.254", networkScope: "public" },
    { endpointBaseUrl: "http://169.254.169.254", networkScope: "loopback" },
    { endpointBaseUrl: "http://8.8.8.8", networkScope: "loopback" },
    { endpointBaseUrl: url, networkScope: "public" },
    { endpointBaseUrl: "http://localhost:1", networkScope: "public" },
    { endpointBaseUrl: "http://2130706433", networkScope: "public" },
    { endpointBaseUrl: "http://0x7f.1", networkScope: "public" },
    { endpointBaseUrl: "http://[::1]:1", networkScope: "public" },
    { endpointBaseUrl: "http://[::ffff:127.0.0.1]", networkScope: "public" },
    { endpointBaseUrl: "http://[::ffff:127.0.0.1]", networkScope: "loopback" },
    { endpointBaseUrl: "http://0.0.0.0", networkScope: "loopback" },
    { endpointBaseUrl: "http://localhost.:1", networkScope: "public" },
    { endpointBaseUrl: "file:///etc/passwd" },
    { endpointBaseUrl: "ftp://example.com" },
    { endpointBaseUrl: "javascript:alert(1)" },
    { endpointBaseUrl: "example.com" },
    { endpointBaseUrl: "http://" },
    { endpointBaseUrl: `http://user:pass@127.0.0.1` },
    { endpointBaseUrl: `${url}`, probePath: "//evil.example/" },
    { endpointBaseUrl: `${url}`, probePath: "/a b" },
    { endpointBaseUrl: `http://${"a".repeat(3_000)}.example` },
  ];
  const agent = await enrol();
  runtime.seen.length = 0;
  for (const body of bad) {
    expect(code(await put("bad", body)), JSON.stringify(body)).toBe("400 VALIDATION_ERROR");
    expect(
      code(await beat(agent, { endpoints: [{ providerKey: "bad", ...body }] })),
      JSON.stringify(body),
    ).toBe("400 VALIDATION_ERROR");
  }
  expect(runtime.seen).toEqual([]);
  expect(code(await endpoint("bad"))).toBe("404 NOT_FOUND");
  const strict = await world.market.replica({ PEAQOS_ALLOW_PRIVATE_URLS: "false" });
  for (const networkScope of ["loopback", "lan", "vpn", "public", undefined])
    expect(code(await put("bad", { endpointBaseUrl: url, networkScope }, { on: strict })), networkScope).toBe(
      "400 VALIDATION_ERROR",
    );
  expect(runtime.seen).toEqual([]);
  await strict.stop();
});

test("two racing upserts of one endpoint are one endpoint", async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, index) => put("raced", { endpointBaseUrl: url, label: `l${index}` })),
  );
  expect(answers.filter((each) => each.status === 201)).toHaveLength(1);
  expect(new Set(answers.map((each) => each.body.item.id)).size).toBe(1);
});

test("heartbeats are written to the audit log when something changes, and else once an hour", async () => {
  const agent = await enrol();
  for (let round = 0; round < 4; round++)
    await beat(agent, { endpoints: [{ providerKey: "sampled", endpointBaseUrl: url }] });
  const beats = async () => {
    const { items } = (
      await world.call("GET", `/audit-events?machineId=${machine.id}&resourceType=machine-agent&limit=500`)
    ).body;
    return items.filter(
      (each: { resourceId: string; type: string }) =>
        each.resourceId === agent.id && each.type === "agent.heartbeat",
    );
  };
  expect(await beats()).toHaveLength(1);
  expect((await beats())[0].actor).toBe(`machine-agent:${agent.id}`);
  world.market.clock.add(3_600_001);
  await beat(agent, { endpoints: [{ providerKey: "sampled", endpointBaseUrl: url }] });
  world.market.clock.add(-3_600_001);
  expect(await beats()).toHaveLength(2);
  expect(JSON.stringify(await beats())).not.toContain(agent.agentToken);
});

test("an idempotent enrolment shows its token again, and the key of one heartbeat cannot be taken for another", async () => {
  const request = { key: "enrol-1", body: { label: "once" } };
  const first = await world.call("POST", at("/agents/enrollment"), request);
  expect((await world.call("POST", at("/agents/enrollment"), request)).body).toEqual(first.body);
  const agent = first.body.item;
  const once = await beat(agent, {}, { "idempotency-key": "beat-1" });
  expect((await beat(agent, {}, { "idempotency-key": "beat-1" })).body).toEqual(once.body);
  const other = await beat(agent, { leaseTtlSeconds: 60 }, { "idempotency-key": "beat-1" });
  expect(code(other)).toBe("409 CONFLICT");
});

test("two agents may use the same Idempotency-Key, each for its own heartbeat", async () => {
  const [one, two] = [await enrol(), await enrol()];
  for (const [providerKey, agent] of [["shared-one", one] as const, ["shared-two", two] as const]) {
    const endpoints = [{ providerKey, endpointBaseUrl: url }];
    const answer = succeeded(await beat(agent, { endpoints }, { "idempotency-key": "beat-shared" }));
    expect(answer.body.item.agentId).toBe(agent.id);
  }
});

test("a machine that is not active has no agents and endpoints to speak of", async () => {
  const draft = await world.machine("draft with nothing", { activate: false });
  for (const [method, path, body] of [
    ["GET", "/agents", undefined],
    ["POST", "/agents/enrollment", {}],
    ["GET", "/runtime-endpoints", undefined],
    ["GET", "/runtime-endpoints/qvac", undefined],
    ["PUT", "/runtime-endpoints/qvac", { endpointBaseUrl: url }],
    ["DELETE", "/runtime-endpoints/qvac", undefined],
  ] as const) {
    expect(code(await world.call(method, at(path, draft), { body })), path).toBe("409 MACHINE_NOT_ACTIVE");
    expect(code(await world.call(method, `/machines/mach_ffffffffffff${path}`, { body })), path).toBe(
      "404 NOT_FOUND",
    );
  }
  const agent = await enrol();
  await world.call("PATCH", `/machines/${machine.id}`, { body: { status: "blocked" } });
  expect(code(await beat(agent))).toBe("409 MACHINE_NOT_ACTIVE");
  await world.call("PATCH", `/machines/${machine.id}`, { body: { status: "active" } });
  expect((await beat(agent)).status).toBe(200);
});

test("endpoints are listed page by page", async () => {
  const all = (await world.call("GET", at("/runtime-endpoints?limit=500"))).body.items;
  const seen: unknown[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await world.call(
      "GET",
      at(`/runtime-endpoints?limit=1${cursor === undefined ? "" : `&cursor=${cursor}`}`),
    );
    seen.push(...body.items);
    cursor = body.nextCursor;
  } while (cursor !== undefined);
  expect(seen).toEqual(all);
  expect(all.length).toBeGreaterThan(2);
});
