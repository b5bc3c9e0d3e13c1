import { afterAll, beforeAll, expect, test } from "vitest";
import { type MarketWorld, marketWorld, succeeded, type WorldAnswer, type WorldMachine } from "../world.ts";

let world: MarketWorld;
let machine: WorldMachine;
beforeAll(async () => {
  world = await marketWorld();
  machine = await world.machine("drawn");
});
afterAll(() => world[Symbol.asyncDispose]());

const code = ({ status, body }: WorldAnswer) => `${status} ${body?.error?.code}`;

test("a policy needs a name alone; the rest has its defaults, and a change leaves the rest as it is", async () => {
  const created = await world.call("POST", "/policies", { body: { name: "plain" } });
  expect(created).toMatchObject({
    status: 201,
    body: {
      item: {
        name: "plain",
        allowedSkillKeys: [],
        deniedSkillKeys: [],
        regionRules: [],
        requiredCapabilities: [],
        budgetCap: null,
        nativeOnly: false,
        handoffAllowed: true,
      },
    },
  });
  const { id } = created.body.item;
  const changed = await world.call("PATCH", `/policies/${id}`, {
    body: {
      budgetCap: { currency: "usd", amount: 2.5 },
      regionRules: ["eu-*", "!cn", "eu-*"],
      nativeOnly: true,
    },
  });
  expect(changed.body.item).toMatchObject({
    name: "plain",
    budgetCap: { currency: "USD", amount: 2.5 },
    regionRules: ["eu-*", "!cn"],
    nativeOnly: true,
    handoffAllowed: true,
  });
  expect((await world.call("GET", `/policies/${id}`)).body.item).toEqual(changed.body.item);
  const nothing = await world.call("PATCH", `/policies/${id}`, { body: {} });
  expect(nothing.body.item).toEqual(changed.body.item);
  expect((await world.call("GET", "/policies")).body.items).toContainEqual(changed.body.item);
  const { items } = (await world.call("GET", "/audit-events?resourceType=policy")).body;
  const mine = items.filter((each: { resourceId: string }) => each.resourceId === id);
  expect(mine.map((each: { type: string }) => each.type)).toEqual(["policy.updated", "policy.created"]);
});

test("policies that nobody could keep are refused", async () => {
  for (const body of [
    {},
    { name: " " },
    { name: "x", budgetCap: { currency: "USD", amount: -1 } },
    { name: "x", budgetCap: { amount: 1 } },
    { name: "x", regionRules: ["!"] },
    { name: "x", regionRules: ["eu*west"] },
    { name: "x", regionRules: [""] },
    { name: "x", nativeOnly: "yes" },
    { name: "x\0" },
    { name: "x", other: 1 },
  ])
    expect(code(await world.call("POST", "/policies", { body })), JSON.stringify(body)).toBe(
      "400 VALIDATION_ERROR",
    );
  expect(code(await world.call("GET", "/policies/pol_ffffffffffff"))).toBe("404 NOT_FOUND");
  expect(code(await world.call("PATCH", "/policies/pol_ffffffffffff", { body: {} }))).toBe("404 NOT_FOUND");
});

test("two changes of one policy at the same time are both kept", async () => {
  const { id } = (await world.call("POST", "/policies", { body: { name: "raced" } })).body.item;
  await Promise.all([
    world.call("PATCH", `/policies/${id}`, { body: { nativeOnly: true } }),
    world.call("PATCH", `/policies/${id}`, { body: { handoffAllowed: false } }),
  ]);
  expect((await world.call("GET", `/policies/${id}`)).body.item).toMatchObject({
    nativeOnly: true,
    handoffAllowed: false,
  });
});

const graph = (path = "", of = machine.id) => `/machines/${of}/graph${path}`;
const node = async (body: object = {}) =>
  succeeded(await world.call("POST", graph("/nodes"), { body: { kind: "motor", label: "Motor", ...body } }))
    .body.item;

test("a graph of nodes and edges: data is merged one level deep, a node takes its edges with it", async () => {
  const [a, b, c] = [
    await node({ data: { x: { y: 1, z: 2 }, k: 1 }, position: { x: 1, y: 2.5 } }),
    await node({ status: "active" }),
    await node(),
  ];
  expect(a).toMatchObject({ status: "draft", position: { x: 1, y: 2.5 } });
  const edge = async (source: string, target: string) =>
    succeeded(
      await world.call("POST", graph("/edges"), {
        body: { sourceNodeId: source, targetNodeId: target, kind: "wire" },
      }),
    ).body.item;
  const [ab, bc, ac] = [await edge(a.id, b.id), await edge(b.id, c.id), await edge(a.id, c.id)];
  const merged = await world.call("PATCH", graph(`/nodes/${a.id}`), {
    body: { data: { x: { y: 9 }, n: null } },
  });
  expect(merged.body.item).toMatchObject({ data: { x: { y: 9 }, k: 1, n: null }, label: "Motor" });
  expect(merged.body.item.data.x).toEqual({ y: 9 });
  const changed = await world.call("PATCH", graph(`/edges/${ab.id}`), { body: { data: { load: 1 } } });
  expect(changed.body.item).toMatchObject({ kind: "wire", data: { load: 1 } });
  expect((await world.call("DELETE", graph(`/nodes/${b.id}`))).status).toBe(204);
  const whole = (await world.call("GET", graph())).body.item;
  expect(whole.machineId).toBe(machine.id);
  expect(whole.nodes.map((each: { id: string }) => each.id).sort()).toEqual([a.id, c.id].sort());
  expect(whole.edges.map((each: { id: string }) => each.id)).toEqual([ac.id]);
  expect((await world.call("DELETE", graph(`/edges/${ac.id}`))).status).toBe(204);
  for (const [method, path] of [
    ["PATCH", `/nodes/${b.id}`],
    ["DELETE", `/nodes/${b.id}`],
    ["PATCH", `/edges/${bc.id}`],
    ["DELETE", `/edges/${ac.id}`],
  ] as const)
    expect(code(await world.call(method, graph(path), { body: {} })), path).toBe("404 NOT_FOUND");
  const { items } = (await world.call("GET", `/audit-events?machineId=${machine.id}&resourceType=graph`))
    .body;
  expect(items[0].type).toBe("graph.edge.deleted");
  expect(items.find((each: { type: string }) => each.type === "graph.node.deleted").payload.edgeIds).toEqual(
    [ab.id, bc.id].sort(),
  );
});

test("guarantee: no edge stands without both its nodes, also when a node is deleted while edges to it are made", async () => {
  const other = await world.machine("drawn elsewhere");
  const foreign = succeeded(
    await world.call("POST", graph("/nodes", other.id), { body: { kind: "k", label: "l" } }),
  ).body.item;
  const [a, b] = [await node(), await node()];
  for (const [sourceNodeId, targetNodeId] of [
    [a.id, foreign.id],
    [foreign.id, a.id],
    [a.id, "gnode_ffffffffffff"],
  ])
    expect(code(await world.call("POST", graph("/edges"), { body: { sourceNodeId, targetNodeId } }))).toBe(
      "400 VALIDATION_ERROR",
    );
  expect(code(await world.call("PATCH", graph(`/nodes/${foreign.id}`), { body: {} }))).toBe("404 NOT_FOUND");
  const answers = await Promise.all([
    ...Array.from({ length: 6 }, () =>
      world.call("POST", graph("/edges"), { body: { sourceNodeId: a.id, targetNodeId: b.id } }),
    ),
    world.call("DELETE", graph(`/nodes/${b.id}`)),
  ]);
  for (const each of answers) expect([201, 204, 400]).toContain(each.status);
  const whole = (await world.call("GET", graph())).body.item;
  const ids = new Set(whole.nodes.map((each: { id: string }) => each.id));
  for (const edge of whole.edges) expect(ids.has(edge.sourceNodeId) && ids.has(edge.targetNodeId)).toBe(true);
});

test("graphs are bounded, statuses are words of the list", async () => {
  expect(
    code(await world.call("POST", graph("/nodes"), { body: { kind: "k", label: "l", status: "busy" } })),
  ).toBe("400 VALIDATION_ERROR");
  expect(
    code(
      await world.call("POST", graph("/nodes"), {
        body: { kind: "k", label: "l", data: { text: "x".repeat(70_000) } },
      }),
    ),
  ).toBe("400 VALIDATION_ERROR");
  expect(code(await world.call("GET", graph("", "mach_ffffffffffff")))).toBe("404 NOT_FOUND");
  expect(
    code(await world.call("POST", graph("/nodes", "mach_ffffffffffff"), { body: { kind: "k", label: "l" } })),
  ).toBe("404 NOT_FOUND");
});
