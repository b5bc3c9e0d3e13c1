import { afterAll, beforeAll, expect, test } from "vitest";
import type { FaultySeller } from "../../../../examples/sellers/faulty/seller.ts";
import { executionScene, type Scene } from "../../test/execution-scene.ts";
import { errorOf, priced } from "../../test/shop.ts";
import { succeeded, type WorldAnswer } from "../../test/world.ts";

let scene: Scene;
let seller: FaultySeller;
beforeAll(async () => {
  scene = await executionScene();
  seller = await scene.seller({ id: "svc_echo" });
  const listing = seller.listing() as object;
  await scene.world.putService({ ...listing, ...priced(scene.world, "svc_priced", 1) });
});
afterAll(() => scene[Symbol.asyncDispose]());

const call = (method: string, path: string, body?: unknown): Promise<WorldAnswer> =>
  scene.world.call(method, path, body === undefined ? {} : { body });
const step = (id: string, name: string, body?: unknown) => call("POST", `/tasks/${id}/${name}`, body);

async function task(more: object = {}): Promise<string> {
  const body = {
    machineId: scene.machine.id,
    serviceType: "machine.commerce",
    operation: "echo",
    input: { text: "from a task" },
    ...more,
  };
  return succeeded(await call("POST", "/tasks", body)).body.item.id;
}

test("a task is discovered, resolved and executed, each step told in task, route, run and outcome", async () => {
  const id = await task({ agentPairingId: scene.agent.pairingId });
  const found = succeeded(await step(id, "discover")).body.item;
  expect(found.status).toBe("discovering");
  expect(found.candidates.map((each: { serviceId: string }) => each.serviceId)).toEqual([
    "svc_echo",
    "svc_priced",
  ]);
  expect(found.candidates[0]).toMatchObject({ score: expect.any(Number), reasons: expect.any(Array) });
  const resolved = succeeded(await step(id, "resolve", { serviceId: "svc_echo" })).body.item;
  expect(resolved).toMatchObject({ status: "resolved", routeId: expect.stringMatching(/^route_/) });
  expect((await call("GET", `/routes/${resolved.routeId}`)).body.item).toMatchObject({
    ...{ taskId: id, serviceId: "svc_echo", status: "planned", endpoint: null },
  });
  const done = succeeded(await step(id, "execute")).body.item;
  expect(done).toMatchObject({ id, status: "completed", orderId: null, outcomeId: expect.any(String) });
  const runs = (await call("GET", `/runs?taskId=${id}`)).body.items;
  expect(runs).toMatchObject([{ taskId: id, status: "completed", orderId: null, outcomeId: done.outcomeId }]);
  expect((await call("GET", `/outcomes/${done.outcomeId}`)).body.item.result).toMatchObject({
    text: "from a task",
  });
  expect((await call("GET", `/routes/${resolved.routeId}`)).body.item).toMatchObject({
    status: "used",
    endpoint: { adapter: "peaqos-http-1" },
  });
  // Again: the stored end, no second call.
  expect((await step(id, "execute")).body.item).toEqual(done);
  expect(seller.calls.filter((each) => each.key === runs[0].id).length).toBe(1);
  expect(errorOf(await step(id, "resolve"))).toMatchObject({ status: 409, reason: "task_state" });
  const audit = (await call("GET", `/audit-events?machineId=${scene.machine.id}`)).body.items;
  const types = audit.map((each: { type: string }) => each.type);
  for (const type of ["task.created", "task.discovered", "task.resolved", "run.started", "run.completed"])
    expect(types).toContain(type);
});

test("without a choice the best candidate is taken; nothing fitting is told", async () => {
  const id = await task();
  succeeded(await step(id, "resolve"));
  expect(succeeded(await step(id, "execute")).body.item.status).toBe("completed");
  const nothing = await task({ serviceType: "compute.marketplace" });
  expect(succeeded(await step(nothing, "discover")).body.item.candidates).toEqual([]);
  expect(errorOf(await step(nothing, "resolve"))).toMatchObject({ status: 409, reason: "no_candidate" });
  expect(errorOf(await step(nothing, "execute"))).toMatchObject({ status: 409, reason: "task_state" });
});

/** Guarantees that no task spends: what is paid for goes through an order and its limits. */
test("a service with a price is not executed as a task", async () => {
  const id = await task();
  succeeded(await step(id, "resolve", { serviceId: "svc_priced" }));
  const refused = await step(id, "execute");
  expect(errorOf(refused)).toEqual({ status: 402, code: "PAYMENT_REQUIRED", reason: "order_needed" });
  expect((await call("GET", `/tasks/${id}`)).body.item.status).toBe("resolved");
});

/** Guarantees that a task obeys the policies of its pairing and its machine. */
test("a policy that denies a service keeps it from tasks too", async () => {
  const agent = await scene.world.agent(scene.machine, {
    ...{ name: "bound", fund: false, policy: { deniedServiceIds: ["svc_echo"] } },
  });
  const id = await task({ agentPairingId: agent.pairingId });
  const { candidates } = succeeded(await step(id, "discover")).body.item;
  expect(candidates.map((each: { serviceId: string }) => each.serviceId)).toEqual(["svc_priced"]);
  expect(errorOf(await step(id, "resolve", { serviceId: "svc_echo" }))).toMatchObject({
    code: "AGENT_POLICY_DENIED",
  });
  expect(errorOf(await step(id, "resolve", { serviceId: "svc_none" }))).toMatchObject({ status: 404 });
});

test("an order's task belongs to its order", async () => {
  const order = await scene.order("svc_echo", { text: "x", mode: "error-400" });
  const { taskId } = (await scene.execute(order.id)).body.order;
  for (const name of ["discover", "resolve", "execute"])
    expect(errorOf(await step(taskId, name))).toMatchObject({ status: 409, reason: "task_of_order" });
});

test("a task's provider that fails, or cannot be reached, is told, and wrong input is refused", async () => {
  const failing = await task({ input: { text: "x", mode: "error-500" } });
  succeeded(await step(failing, "resolve", { serviceId: "svc_echo" }));
  expect(succeeded(await step(failing, "execute")).body.item).toMatchObject({
    ...{ status: "failed", errorMessage: expect.stringContaining("answered 500 broken") },
  });
  const [endpoint] = seller.listing().endpoints;
  const gone = {
    ...(seller.listing() as object),
    id: "svc_gone",
    endpoints: [{ ...endpoint, url: "http://127.0.0.1:1" }],
  };
  await scene.world.putService(gone);
  const lost = await task();
  succeeded(await step(lost, "resolve", { serviceId: "svc_gone" }));
  expect(errorOf(await step(lost, "execute"))).toMatchObject({ status: 502, code: "ENDPOINT_UNREACHABLE" });
  expect((await call("GET", `/tasks/${lost}`)).body.item.status).toBe("resolved");
  const wrong = await task({ input: {} });
  succeeded(await step(wrong, "resolve", { serviceId: "svc_echo" }));
  const refused = await step(wrong, "execute");
  expect(refused.body.error).toMatchObject({ code: "VALIDATION_ERROR", details: { field: "input.text" } });
  const constraints = await call("POST", "/tasks", {
    ...{ machineId: scene.machine.id, serviceType: "machine.commerce", constraints: { maxResults: "many" } },
  });
  expect(errorOf(constraints)).toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
  const nobody = await call("POST", "/tasks", { machineId: "mach_000000000000", serviceType: "x" });
  expect(errorOf(nobody)).toMatchObject({ status: 404, code: "NOT_FOUND" });
});

test("lists page newest first without gap or repeat, by machine and by task", async () => {
  for (const list of ["tasks", "routes", "runs", "outcomes"]) {
    const all = (await call("GET", `/${list}?machineId=${scene.machine.id}`)).body.items;
    expect(all.length).toBeGreaterThan(2);
    const seen: string[] = [];
    let cursor = "";
    do {
      const query = `machineId=${scene.machine.id}&limit=2${cursor === "" ? "" : `&cursor=${cursor}`}`;
      const page = succeeded(await call("GET", `/${list}?${query}`)).body;
      seen.push(...page.items.map((each: { id: string }) => each.id));
      cursor = page.nextCursor ?? "";
    } while (cursor !== "");
    expect(seen).toEqual(all.map((each: { id: string }) => each.id));
    expect((await call("GET", `/${list}?machineId=mach_000000000000`)).body.items).toEqual([]);
    expect(errorOf(await call("GET", `/${list}?cursor=nonsense`))).toMatchObject({ status: 400 });
    expect(errorOf(await call("GET", `/${list}/x_000000000000`))).toMatchObject({
      status: 404,
      code: "NOT_FOUND",
    });
  }
});

/** Guarantees that one tenant sees and executes nothing of another's. */
test("another tenant finds none of it", async () => {
  const id = await task();
  const { pool } = scene.world.market.service.market.database;
  const [one] = (await call("GET", "/tasks?limit=1")).body.items;
  expect(one.id).toBe(id);
  for (const table of ["tasks", "routes", "runs", "outcomes"]) {
    const { rows } = await pool.query(`update ${table} set tenant_id = 'other' returning id`);
    expect((await call("GET", `/${table}`)).body.items).toEqual([]);
    expect((await call("GET", `/${table}/${rows[0]?.id}`)).status).toBe(404);
  }
  for (const name of ["discover", "resolve", "execute"]) expect((await step(id, name)).status).toBe(404);
});
