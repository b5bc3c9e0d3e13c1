import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CatalogueServiceInput } from "@peaqos/protocol/market";
import { createLogger } from "@peaqos/service-kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { executionScene, type Scene } from "../../test/execution-scene.ts";
import { errorOf } from "../../test/shop.ts";
import { testSettings } from "../../test/test-market.ts";
import { succeeded } from "../../test/world.ts";
import { createMarketService } from "../service.ts";

let scene: Scene;
const servers: Server[] = [];
beforeAll(async () => {
  scene = await executionScene({
    PEAQOS_EXECUTION_BREAKER_FAILURES: "3",
    PEAQOS_EXECUTION_BREAKER_SECONDS: "30",
    PEAQOS_EXECUTION_PER_SELLER: "2",
  });
});
afterAll(async () => {
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
  await scene[Symbol.asyncDispose]();
});

type Handle = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A seller of a test's own. */
async function serve(handle: Handle, port = 0): Promise<{ url: string; server: Server }> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    handle(request, response, body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const json = (response: ServerResponse, status: number, body: object) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

const sold = (id: string, url: string): Partial<CatalogueServiceInput> & { id: string } => ({
  id,
  operationContracts: [{ operation: "do" }],
  endpoints: [{ operation: "do", url, path: "/do", method: "POST", protocols: ["peaqos-http-1"] }],
});

test("a seller that cannot be reached is left alone by every replica, then probed once, then trusted again", async () => {
  const { url, server } = await serve((_request, response) => json(response, 200, { ok: 1 }));
  const { port } = server.address() as AddressInfo;
  await scene.world.putService(sold("svc_gone", url));
  server.close();
  server.closeAllConnections();
  const order = await scene.order("svc_gone", {});
  for (let i = 0; i < 3; i++) {
    const answer = await scene.execute(order.id, { key: "same-key" });
    expect(errorOf(answer)).toEqual({ status: 502, code: "ENDPOINT_UNREACHABLE", reason: "not_reached" });
    expect(await scene.read(order.id)).toMatchObject({ status: "ready" });
  }
  const replica = await scene.world.market.replica();
  for (const on of [scene.world.market.service, replica]) {
    const answer = await scene.execute(order.id, { on });
    expect(errorOf(answer)).toEqual({ status: 502, code: "ENDPOINT_UNREACHABLE", reason: "circuit_open" });
    const { retryAt } = answer.body.error.details;
    expect(Date.parse(retryAt) - scene.world.market.clock.now().getTime()).toBeGreaterThan(25_000);
    expect(await scene.read(order.id)).toMatchObject({ status: "ready" });
  }
  // The probe fails: the pause doubles.
  scene.world.market.clock.add(31_000);
  expect(errorOf(await scene.execute(order.id))).toMatchObject({ reason: "not_reached" });
  const refused = await scene.execute(order.id);
  expect(errorOf(refused)).toMatchObject({ reason: "circuit_open" });
  const pause = Date.parse(refused.body.error.details.retryAt) - scene.world.market.clock.now().getTime();
  expect(pause).toBeGreaterThan(55_000);
  // The seller is back: of many at the same time one goes through as the probe, then all.
  let asked = 0;
  await serve((_request, response) => {
    asked++;
    json(response, 200, { ok: 1 });
  }, port);
  scene.world.market.clock.add(61_000);
  const others = await Promise.all([1, 2, 3].map(() => scene.order("svc_gone", {})));
  const answers = await Promise.all(
    [order, ...others].map((each, index) =>
      scene.execute(each.id, { on: index % 2 === 0 ? replica : scene.world.market.service }),
    ),
  );
  const through = answers.filter((answer) => answer.status === 200);
  expect(through.length).toBeGreaterThanOrEqual(1);
  expect(asked).toBe(through.length);
  for (const each of [order, ...others])
    expect((await scene.execute(each.id)).body.order).toMatchObject({ status: "delivered" });
  expect(asked).toBe(4);
  const { rows } = await scene.world.market.service.market.database.pool.query(
    "select * from seller_circuits",
  );
  expect(rows).toEqual([]);
  await replica.stop();
});

test("no more executions than allowed run at one seller at once, and all of them come to their end", async () => {
  let now = 0;
  let most = 0;
  const { url } = await serve((_request, response) => {
    now++;
    most = Math.max(most, now);
    setTimeout(() => {
      now--;
      json(response, 200, { ok: 1 });
    }, 30);
  });
  await scene.world.putService(sold("svc_busy", url));
  const orders = await Promise.all(Array.from({ length: 7 }, () => scene.order("svc_busy", {})));
  const answers = await Promise.all(orders.map((order) => scene.execute(order.id)));
  for (const answer of answers) expect(answer.body.order.status).toBe("delivered");
  expect(most).toBe(2);
});

/** Guarantees that a buyer's credentials reach their provider and nothing else: no table, answer, error or log. */
test("credentials go to their provider's header alone, and what the provider sends back of them is hidden", async () => {
  const secret = "sk-live-0123456789abcdef";
  const seen: (string | undefined)[] = [];
  let mode: "echo" | "error" = "echo";
  const { url } = await serve((request, response) => {
    const key = request.headers["x-vendor-key"] as string | undefined;
    seen.push(key);
    if (mode === "error") json(response, 400, { error: { code: "bad_key", message: `no such key ${key}` } });
    else json(response, 200, { said: `key ${key}`, list: [key], snake_key: 1 });
  });
  await scene.world.putService({
    ...sold("svc_vendor", url),
    providerKey: "vendor",
    authType: "api-key",
    operationContracts: [
      { operation: "do", providerRequest: { credentials: [{ name: "ak", header: "X-Vendor-Key" }] } },
    ],
  });
  const { service, databaseUrl, clock } = scene.world.market;
  const file = join(tmpdir(), `market-${process.pid}-${clock.now().getTime()}.log`);
  const logging = await createMarketService(
    {
      ...testSettings,
      DATABASE_URL: databaseUrl,
      PEAQOS_MCR_API_URL: scene.world.ratingUrl,
      PEAQOS_SESSION_TTL_SECONDS: "1000000",
    },
    { clock, logger: createLogger({ service: "market", level: "trace", file }) },
  );
  await logging.start();
  const said: unknown[] = [];
  const credentials = {
    providerCredentials: { Vendor: { ak: secret }, other: { ak: "never sent anywhere" } },
  };
  for (mode of ["echo", "error"] as const) {
    const order = await scene.order("svc_vendor", { "a-b": 1 }, credentials);
    const answer = await scene.execute(order.id, { on: logging });
    said.push(order, answer.body, await scene.read(order.id));
    if (mode === "echo")
      expect(answer.body.execution.outcome.result).toEqual({
        ...{ said: "key [hidden]", list: ["[hidden]"], snake_key: 1 },
      });
    else
      expect(answer.body.order.errorMessage).toBe("the provider answered 400 bad_key: no such key [hidden]");
    const { rows } = await service.market.database.pool.query(
      "select credentials is null as gone from market_orders where id = $1",
      [order.id],
    );
    // A failed order can still be retried.
    expect(rows).toEqual([{ gone: mode === "echo" }]);
  }
  await logging.stop();
  expect(seen).toEqual([secret, secret]);
  expect(JSON.stringify(said)).not.toContain(secret);
  expect(readFileSync(file, "utf8")).not.toContain(secret);
  const { rows: tables } = await service.market.database.pool.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  for (const { name } of tables) {
    const { rows } = await service.market.database.pool.query(
      `select 1 from "${name}" as t where t::text like '%' || $1 || '%' limit 1`,
      [secret],
    );
    expect([name, rows.length]).toEqual([name, 0]);
  }
});

test("a skill's configuration gives the credentials that an order does not bring", async () => {
  const seen: (string | undefined)[] = [];
  const { url } = await serve((request, response) => {
    seen.push(request.headers.authorization);
    json(response, 200, { ok: 1 });
  });
  await scene.world.putService({ ...sold("svc_bearer", url), skillKey: "bearer-skill", authType: "bearer" });
  const order = await scene.order("svc_bearer", {});
  expect(errorOf(await scene.execute(order.id))).toMatchObject({
    status: 422,
    reason: "credentials_required",
  });
  const body = { enabled: true, credentials: { token: "of the operator" } };
  succeeded(await scene.world.call("PATCH", "/skills/bearer-skill/config", { body }));
  expect((await scene.execute(order.id)).body.order.status).toBe("delivered");
  expect(seen).toEqual(["Bearer of the operator"]);
});

test("a machine's own runtime endpoint is used while it is live", async () => {
  const asked: { path: string | undefined; auth: string | undefined; key: unknown; body: unknown }[] = [];
  const { url } = await serve((request, response, body) => {
    if (request.method === "GET") return void json(response, 200, {});
    const { authorization } = request.headers;
    const key = request.headers["idempotency-key"];
    asked.push({ path: request.url, auth: authorization, key, body: JSON.parse(body) });
    json(response, 200, { text: "hi" });
  });
  const chat = { operation: "chat", providerRequest: { path: "/v1/chat/completions" } };
  await scene.world.putService({
    id: "svc_local",
    providerKey: "QVAC",
    operationContracts: [chat, { operation: "plain" }],
  });
  const order = await scene.order("svc_local", { prompt: "x" }, { operation: "chat" });
  expect(errorOf(await scene.execute(order.id))).toEqual({
    ...{ status: 502, code: "ENDPOINT_UNREACHABLE", reason: "no_live_endpoint" },
  });
  expect((await scene.read(order.id)).status).toBe("created");
  const path = `/machines/${scene.machine.id}/runtime-endpoints/qvac`;
  const endpoint = {
    endpointBaseUrl: url,
    authType: "bearer",
    authToken: "local-token",
    modelAlias: "small",
  };
  succeeded(await scene.world.call("PUT", path, { body: endpoint }));
  const done = await scene.execute(order.id);
  expect(done.body.execution.outcome.result).toEqual({ text: "hi" });
  const plain = await scene.order("svc_local", { a: 1 }, { operation: "plain" });
  const second = await scene.execute(plain.id);
  expect(asked).toEqual([
    {
      path: "/v1/chat/completions",
      auth: "Bearer local-token",
      key: done.body.execution.run.id,
      body: { model: "small", prompt: "x" },
    },
    {
      path: "/v1/execute",
      auth: "Bearer local-token",
      key: second.body.execution.run.id,
      body: { operation: "plain", input: { a: 1 }, model: "small" },
    },
  ]);
  // Its lease ends between placing and executing.
  const later = await scene.order("svc_local", {}, { operation: "plain" });
  const leaseExpiresAt = new Date(scene.world.market.clock.now().getTime() + 60_000).toISOString();
  succeeded(await scene.world.call("PUT", path, { body: { ...endpoint, leaseExpiresAt } }));
  scene.world.market.clock.add(61_000);
  expect(errorOf(await scene.execute(later.id))).toMatchObject({
    code: "ENDPOINT_UNREACHABLE",
    reason: "no_live_endpoint",
  });
  expect(asked.length).toBe(2);
});
