import { marketOperations } from "@peaqos/protocol/market";
import { expect, test } from "vitest";
import { marketWorld } from "../world.ts";

/** Values that databases, parsers and comparisons stumble over; each is put into every field of every body. */
const values: unknown[] = [
  "\ud800",
  "a\udfffb",
  "\u0000",
  "",
  "x".repeat(201),
  "\u{1f4a5}".repeat(50),
  "\u202e",
  "'; drop table machines; --",
  "NaN",
  -1,
  1e308,
  1e-300,
  2 ** 53,
  true,
  null,
  [],
  [null],
  ["\ud800"],
  ["a", "a"],
  {},
  { a: "\ud800" },
  { "\ud800": "x" },
  { a: { b: [1, { c: "\udfff" }] } },
  { constructor: 1, toString: "x", length: 1 },
  { currency: "\ud800", amount: 1 },
  { allowedSkillKeys: ["\ud800"] },
  { challengeId: "\ud800", signature: "0x" },
  { perTransactionLimit: 1e-9, currency: "x" },
];

test("guarantee: no value in any field of these domains ends in an error of the server", async () => {
  await using world = await marketWorld();
  const machine = await world.machine("m");
  const agent = await world.agent(machine, { fund: false });
  const at = `/machines/${machine.id}`;
  const n = (await world.call("POST", `${at}/graph/nodes`, { body: { kind: "k", label: "l" } })).body.item.id;
  const e = (await world.call("POST", `${at}/graph/edges`, { body: { sourceNodeId: n, targetNodeId: n } }))
    .body.item.id;
  const pol = (await world.call("POST", "/policies", { body: { name: "x" } })).body.item.id;
  const enr = (await world.call("POST", `${at}/agents/enrollment`, { body: {} })).body.item;
  const ids: Record<string, string> = {
    machineId: machine.id,
    pairingId: agent.pairingId,
    agentId: enr.id,
    providerKey: "qvac",
    policyId: pol,
    nodeId: n,
    edgeId: e,
  };
  const proof = { challengeId: "x", signature: "0x" };
  const af = { agentAddress: agent.address, agentProvider: "p", agentRole: "r" };
  const fields: Record<string, Record<string, unknown>> = {
    createMachineIdentityChallenge: { identityRef: machine.did },
    createMachine: {
      displayName: "d",
      ownerId: "o",
      machineType: "",
      runtimeProfile: "",
      identityRef: machine.did,
      identityProof: proof,
      capabilities: [],
      labels: {},
      policyIds: [],
      skillKeys: [],
    },
    updateMachine: {
      displayName: "d",
      status: "active",
      ownerId: "o",
      identityRef: machine.did,
      identityProof: proof,
      machineType: "",
      runtimeProfile: "",
      capabilities: [],
      labels: {},
      policyIds: [],
      skillKeys: [],
    },
    createAgentPairingChallenge: { ...af, agentDid: undefined },
    createAgentPairing: { ...af, agentProof: proof, description: "", delegationPolicy: {} },
    createAgentPairingSession: { agentProof: proof },
    updateAgentPairing: {
      agentProvider: "p",
      agentRole: "r",
      description: "d",
      status: "active",
      delegationPolicy: {},
    },
    enrollMachineAgent: { label: "l", allowedProviderKeys: [] },
    upsertRuntimeEndpoint: {
      endpointBaseUrl: "http://127.0.0.1:9",
      label: "l",
      authType: "none",
      authToken: "t",
      modelAlias: "m",
      networkScope: "loopback",
      probePath: "/x",
      status: "active",
      leaseExpiresAt: undefined,
    },
    machineAgentHeartbeat: {
      machineId: machine.id,
      agentId: enr.id,
      agentToken: enr.agentToken,
      endpoints: [{ providerKey: "qvac", endpointBaseUrl: "http://127.0.0.1:9" }],
      leaseTtlSeconds: 60,
    },
    createPolicy: {
      name: "n",
      allowedSkillKeys: [],
      regionRules: [],
      budgetCap: { currency: "USD", amount: 1 },
      nativeOnly: false,
    },
    updatePolicy: {
      name: "n",
      deniedSkillKeys: [],
      requiredCapabilities: [],
      budgetCap: { currency: "USD", amount: 1 },
    },
    createGraphNode: { kind: "k", label: "l", status: "draft", position: { x: 1, y: 1 }, data: {} },
    updateGraphNode: { kind: "k", label: "l", status: "draft", position: { x: 1, y: 1 }, data: {} },
    createGraphEdge: { sourceNodeId: n, targetNodeId: n, kind: "k", data: {} },
    updateGraphEdge: { kind: "k", data: {} },
  };
  const bad: string[] = [];
  for (const [id, body] of Object.entries(fields)) {
    const op = marketOperations[id as keyof typeof marketOperations] as unknown as {
      method: string;
      path: string;
    };
    const path = op.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? name);
    for (const field of Object.keys(body))
      await Promise.all(
        values.map(async (value) => {
          const answer = await world.call(op.method, path, { body: { ...body, [field]: value } });
          if (answer.status >= 500)
            bad.push(`${id}.${field} = ${JSON.stringify(value).slice(0, 60)}: ${answer.body?.error?.code}`);
        }),
      );
  }
  for (const path of [
    `/machines/%00`,
    `/machines/%ff`,
    `/machines/${"a".repeat(600)}`,
    `/machines/a%2Fb`,
    `/policies/%ed%a0%80`,
    `${at}/runtime-endpoints/%F0%9F`,
    `/machines?cursor=%00`,
    `/machines?cursor=c${"A".repeat(400)}`,
    `/machines?limit=1e2`,
    `/machines?limit=%F0`,
    "/machines?limit=5&limit=6",
  ]) {
    const answer = await world.call("GET", path);
    if (answer.status >= 500) bad.push(`${path}: ${answer.status}`);
  }
  expect(bad).toEqual([]);
});
