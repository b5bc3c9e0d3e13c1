import { createHash } from "node:crypto";
import { type MarketOperation, type MarketOperationId, marketOperations } from "@peaqos/protocol/market";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MarketService } from "../../src/service.ts";
import {
  type MarketWorld,
  marketWorld,
  succeeded,
  type WorldAgent,
  type WorldAnswer,
  type WorldMachine,
  worldCall,
} from "../world.ts";

/** Every route about machines, pairings, agents, endpoints, policies and graphs, with every wrong credential and body. */

const routes: readonly MarketOperationId[] = [
  "createMachineIdentityChallenge",
  "listMachines",
  "createMachine",
  "getMachine",
  "updateMachine",
  "archiveMachine",
  "listAgentPairings",
  "createAgentPairingChallenge",
  "createAgentPairing",
  "createAgentPairingSession",
  "updateAgentPairing",
  "revokeAgentPairing",
  "listMachineAgents",
  "enrollMachineAgent",
  "revokeMachineAgent",
  "listRuntimeEndpoints",
  "getRuntimeEndpoint",
  "upsertRuntimeEndpoint",
  "deleteRuntimeEndpoint",
  "listPolicies",
  "createPolicy",
  "getPolicy",
  "updatePolicy",
  "getMachineGraph",
  "createGraphNode",
  "updateGraphNode",
  "deleteGraphNode",
  "createGraphEdge",
  "updateGraphEdge",
  "deleteGraphEdge",
];

const key = "a platform key of the default tenant";
const otherKey = "a platform key of another tenant";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

let world: MarketWorld;
let machine: WorldMachine;
let agent: WorldAgent;
let closed: MarketService;
let ids: Record<string, string>;
/** A body that would pass. */
let bodies: Partial<Record<MarketOperationId, Record<string, unknown>>>;
let tokens: Record<string, string>;

beforeAll(async () => {
  world = await marketWorld();
  machine = await world.machine("guarded");
  agent = await world.agent(machine, { fund: false });
  closed = await world.market.replica({ PEAQOS_REQUIRE_API_AUTH: "true", PEAQOS_API_KEYS: sha256(key) });
  await world.market.service.market.database.pool.query(
    `insert into platform_keys (id, tenant_id, name, hash, last_four, scopes, created_at)
     values ('pkey_000000000000', 'other', 'other', $1, 'nant', '{read,write,catalogue,resolver,keys}', now())`,
    [sha256(otherKey)],
  );
  const post = async (path: string, body: object) =>
    succeeded(await world.call("POST", path, { body })).body.item;
  const at = `/machines/${machine.id}`;
  const enrolled = await post(`${at}/agents/enrollment`, {});
  const endpoint = { endpointBaseUrl: "http://127.0.0.1:9", status: "active" };
  succeeded(await world.call("PUT", `${at}/runtime-endpoints/qvac`, { body: endpoint }));
  const policy = await post("/policies", { name: "p" });
  const node = { kind: "k", label: "l" };
  const [one, two] = [await post(`${at}/graph/nodes`, node), await post(`${at}/graph/nodes`, node)];
  const edge = { sourceNodeId: one.id, targetNodeId: two.id };
  ids = {
    machineId: machine.id,
    pairingId: agent.pairingId,
    agentId: enrolled.id,
    providerKey: "qvac",
    policyId: policy.id,
    nodeId: one.id,
    edgeId: (await post(`${at}/graph/edges`, edge)).id,
  };
  const agentFields = { agentAddress: agent.address, agentProvider: "anthropic", agentRole: "buyer" };
  const proof = { challengeId: "mich_ffffffffffffffff", signature: `0x${"11".repeat(65)}` };
  const machineFields = { displayName: "d", ownerId: "o", machineType: "", runtimeProfile: "" };
  bodies = {
    createMachineIdentityChallenge: { identityRef: machine.did },
    createMachine: { ...machineFields, identityRef: machine.did, identityProof: proof },
    updateMachine: { displayName: "stolen" },
    createAgentPairingChallenge: agentFields,
    createAgentPairing: { ...agentFields, agentProof: proof },
    createAgentPairingSession: { agentProof: proof },
    updateAgentPairing: { description: "stolen" },
    enrollMachineAgent: { label: "stolen" },
    upsertRuntimeEndpoint: endpoint,
    createPolicy: { name: "stolen" },
    updatePolicy: { name: "stolen" },
    createGraphNode: node,
    updateGraphNode: { label: "stolen" },
    createGraphEdge: edge,
    updateGraphEdge: { kind: "stolen" },
  };
  const revoked = await world.agent(machine, { name: "revoked", fund: false });
  succeeded(await world.call("DELETE", `${at}/agent-pairings/${revoked.pairingId}`));
  const short = await world.market.replica({ PEAQOS_SESSION_TTL_SECONDS: "10" });
  world.market.clock.add(-60_000);
  const old = await world.agent(machine, { name: "expired", fund: false, on: short });
  world.market.clock.add(60_000);
  await short.stop();
  tokens = {
    "a live token": agent.token,
    "a revoked token": revoked.token,
    "an old token": old.token,
    "another machine's token": (await world.agent(await world.machine("foreign"), { fund: false })).token,
    "a forged token": `${agent.token.slice(0, -3)}AAA`,
    "no token at all": "x",
  };
});
afterAll(() => world[Symbol.asyncDispose]());

const operationOf = (id: MarketOperationId): MarketOperation => marketOperations[id];

function send(
  id: MarketOperationId,
  headers: Record<string, string>,
  body: unknown = bodies[id],
): Promise<WorldAnswer> {
  const { method, path } = operationOf(id);
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);
  return worldCall(`${closed.url}/api/v1`, method, filled, { headers, body });
}

const code = ({ status, body }: WorldAnswer) => `${status} ${body?.error?.code}`;

/** Everything that these routes could change. */
async function everything(): Promise<string> {
  const lines: string[] = [];
  for (const table of [
    "machines",
    "agent_pairings",
    "machine_agents",
    "runtime_endpoints",
    "policies",
    "graph_nodes",
    "graph_edges",
  ]) {
    const { rows } = await world.market.service.market.database.pool.query(
      `select t::text as line from ${table} t where tenant_id = 'default' order by 1`,
    );
    lines.push(table, ...rows.map((row: { line: string }) => row.line));
  }
  return lines.join("\n");
}

test("the tokens below are what they are called", async () => {
  const codes = await Promise.all(
    Object.entries(tokens).map(async ([name, token]) => {
      const body = { machineId: machine.id, serviceType: "oracle.price-feed" };
      const answer = await world.call("POST", "/market/search", { token, body });
      return [name, answer.body?.error?.code ?? "ok"];
    }),
  );
  expect(Object.fromEntries(codes)).toEqual({
    "a live token": "ok",
    "a revoked token": "AGENT_PAIRING_INACTIVE",
    "an old token": "AGENT_AUTH_EXPIRED",
    "another machine's token": "AGENT_AUTH_INVALID",
    "a forged token": "AGENT_AUTH_INVALID",
    "no token at all": "AGENT_AUTH_INVALID",
  });
});

test("the list above is every route of these domains", () => {
  const tags = new Set([
    "machines",
    "agent pairings",
    "machine agents",
    "runtime endpoints",
    "policies",
    "graph",
  ]);
  const tagged = (Object.keys(marketOperations) as MarketOperationId[]).filter((id) =>
    operationOf(id).tags.some((tag) => tags.has(tag)),
  );
  // The heartbeat carries its own token, the allowance is the orders'.
  expect(
    tagged.filter((id) => id !== "machineAgentHeartbeat" && id !== "getPairingAllowance").sort(),
  ).toEqual([...routes].sort());
});

test("guarantee: no route answers or changes anything without a key of its tenant, whatever token comes with it", async () => {
  const before = await everything();
  for (const id of routes) {
    expect(code(await send(id, {})), id).toBe("401 AUTH_REQUIRED");
    for (const wrong of ["wrong", sha256(key), `${key} `.repeat(2), "' or 1=1 --"])
      expect(code(await send(id, { "x-api-key": wrong })), id).toBe("401 AUTH_INVALID");
    expect(code(await send(id, { authorization: "Bearer wrong" })), id).toBe("401 AUTH_INVALID");
    for (const [name, token] of Object.entries(tokens)) {
      expect(code(await send(id, { "x-agent-pairing-token": token })), `${id} with ${name}`).toBe(
        "401 AUTH_REQUIRED",
      );
      expect(code(await send(id, { "x-api-key": token })), `${id} with ${name} as the key`).toBe(
        "401 AUTH_INVALID",
      );
    }
  }
  expect(await everything()).toBe(before);
});

test("guarantee: another tenant's key sees nothing of this tenant and changes nothing", async () => {
  const before = await everything();
  for (const id of routes) {
    const answer = await send(id, { "x-api-key": otherKey });
    const { path } = operationOf(id);
    if (path.includes("{")) expect(code(answer), id).toBe("404 NOT_FOUND");
    else if (id.startsWith("list")) expect(answer.body, id).toEqual({ items: [] });
    else if (id === "createMachine") {
      // The identity is taken, by whom is not told.
      expect(code(answer), id).toBe("409 MACHINE_IDENTITY_EXISTS");
      expect(JSON.stringify(answer.body), id).not.toContain(machine.id);
    } else expect(answer.status, id).toBe(201);
  }
  expect(await everything()).toBe(before);
  // And the other way round: what that tenant has made is not there for this one.
  const mine = await worldCall(`${closed.url}/api/v1`, "GET", "/policies", { headers: { "x-api-key": key } });
  expect(mine.body.items.map((each: { id: string }) => each.id)).toEqual([ids.policyId]);
});

test("guarantee: a challenge of one tenant proves nothing to another", async () => {
  const own = await world.registered("between tenants");
  const base = `${closed.url}/api/v1`;
  const as = (secret: string) => ({ headers: { "x-api-key": secret } });
  const { item } = (
    await worldCall(base, "POST", "/machine-identity/challenges", {
      ...as(otherKey),
      body: { identityRef: own.did },
    })
  ).body;
  const body = {
    displayName: "d",
    ownerId: "o",
    machineType: "",
    runtimeProfile: "",
    identityRef: own.did,
    identityProof: {
      challengeId: item.challengeId,
      signature: await own.account.signMessage({ message: item.message }),
    },
  };
  const crossed = await worldCall(base, "POST", "/machines", { ...as(key), body });
  expect(crossed.body.error).toMatchObject({
    code: "MACHINE_IDENTITY_PROOF_INVALID",
    details: { reason: "unknown_challenge" },
  });
  expect((await worldCall(base, "POST", "/machines", { ...as(otherKey), body })).status).toBe(201);
});

test("a key that may only read writes nothing", async () => {
  const reader = "a key for reading alone";
  await world.market.service.market.database.pool.query(
    `insert into platform_keys (id, tenant_id, name, hash, last_four, scopes, created_at)
     values ('pkey_000000000001', 'default', 'reader', $1, 'lone', '{read}', now())`,
    [sha256(reader)],
  );
  const before = await everything();
  for (const id of routes) {
    const answer = await send(id, { "x-api-key": reader });
    if (operationOf(id).method === "GET") expect(answer.status, id).toBe(200);
    else expect(code(answer), id).toBe("403 FORBIDDEN");
  }
  expect(await everything()).toBe(before);
});

test("guarantee: bodies that are broken, huge, deep, misnamed or of another type are refused by name and change nothing", async () => {
  const before = await everything();
  const nul = String.fromCharCode(0);
  const deep = JSON.parse(`${'{"a":'.repeat(200)}1${"}".repeat(200)}`);
  const headers = { "x-api-key": key };
  const json = { ...headers, "content-type": "application/json" };
  for (const id of routes) {
    const body = bodies[id];
    if (body === undefined) continue;
    const refused: [name: string, answer: WorldAnswer, expected: string][] = [
      ["an unknown field", await send(id, headers, { ...body, surprise: 1 }), "400 VALIDATION_ERROR"],
      ["a list", await send(id, headers, [body]), "400 VALIDATION_ERROR"],
      ["a text", await send(id, json, '"text"'), "400 VALIDATION_ERROR"],
      ["no JSON", await send(id, json, "{"), "400 VALIDATION_ERROR"],
      ["deep JSON", await send(id, headers, { ...body, data: deep, labels: deep }), "400 VALIDATION_ERROR"],
      [
        "__proto__",
        await send(id, json, `{"__proto__":{"admin":true},${JSON.stringify(body).slice(1)}`),
        "400 VALIDATION_ERROR",
      ],
      [
        "text/plain",
        await send(id, { ...headers, "content-type": "text/plain" }, JSON.stringify(body)),
        "415 UNSUPPORTED_MEDIA_TYPE",
      ],
      [
        "a form",
        await send(id, { ...headers, "content-type": "application/x-www-form-urlencoded" }, "a=b"),
        "415 UNSUPPORTED_MEDIA_TYPE",
      ],
    ];
    for (const [field, value] of Object.entries(body)) {
      if (typeof value === "string")
        refused.push([
          `NUL in ${field}`,
          await send(id, headers, { ...body, [field]: `${value}${nul}` }),
          "400 VALIDATION_ERROR",
        ]);
      for (const wrong of [7, true, [], {}])
        refused.push([
          `${field} as ${JSON.stringify(wrong)}`,
          await send(id, headers, { ...body, [field]: wrong }),
          "400 VALIDATION_ERROR",
        ]);
    }
    for (const [name, answer, expected] of refused) {
      expect(code(answer), `${id} with ${name}`).toBe(expected);
      expect(answer.body.error.message.length, `${id} with ${name}`).toBeGreaterThan(10);
    }
    // The limit is the same for all, and ten megabytes take their time.
    if (!["createMachine", "upsertRuntimeEndpoint", "updateGraphNode"].includes(id)) continue;
    const huge = await send(id, headers, { ...body, label: "x".repeat(10_000_000) }).catch(() => null);
    // The server may close the connection on a body that it will not read.
    if (huge !== null) expect(code(huge), id).toBe("413 PAYLOAD_TOO_LARGE");
  }
  expect(await everything()).toBe(before);
});

test("every success and every refusal above has the security headers and a request id", async () => {
  for (const headers of [{}, { "x-api-key": key }]) {
    const answer = await send("listMachines", headers);
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("x-request-id")).toMatch(/\S/);
  }
});
