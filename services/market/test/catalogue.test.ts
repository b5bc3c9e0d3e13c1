import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CatalogueServiceInput } from "@peaqos/protocol/market";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTestMarket, type TestMarket } from "./test-market.ts";
import { type CallOptions, worldCall } from "./world.ts";

let market: TestMarket;
const call = (method: string, path: string, options: CallOptions & { market?: TestMarket } = {}) =>
  worldCall((options.market ?? market).api, method, path, options);

beforeAll(async () => {
  market = await startTestMarket({ PEAQOS_MARKET_HEALTH_SECONDS: "0" });
});
afterAll(() => market[Symbol.asyncDispose]());

const priced = {
  pricing: { mode: "fixed", amount: 0.25, currency: "USDC" },
  payment: {
    defaultRail: "wallet",
    chain: "eip155:33380",
    token: "USDC",
    payeeAddress: `0x${"11".repeat(20)}`,
  },
} as const;

const service = (id: string, fields: Partial<CatalogueServiceInput> = {}): CatalogueServiceInput => ({
  id,
  skillKey: `${id}-skill`,
  providerKey: `${id}-provider`,
  providerLabel: `Provider of ${id}`,
  serviceType: "oracle.price-feed",
  name: id,
  operationContracts: [{ operation: "get-latest-price" }],
  ...fields,
});
const put = (
  services: readonly CatalogueServiceInput[],
  options: CallOptions & { market?: TestMarket } = {},
) => call("PUT", "/market/catalogue", { body: { version: "v1", services }, ...options });

test("a service shows every published field, filled from the little that its entry says", async () => {
  await put([
    service("svc_small"),
    service("svc_paid", { ...priced, endpoints: [{ url: "https://a.example", path: "/run" }] }),
  ]);
  const small = await call("GET", "/market/services/svc_small");
  expect(small.body.item).toMatchObject({
    id: "svc_small",
    providerId: "svc_small-provider",
    operations: ["get-latest-price"],
    capabilities: [],
    authType: "none",
    executionMode: "native",
    region: "global",
    pricing: { mode: "fixed", amount: 0, currency: "USD", rate: null, notes: [] },
    payment: { defaultRail: "not-required", required: false, supportedRails: ["not-required"] },
    endpoints: [],
    endpoint: null,
    consumption: {
      adapterSetupPath: "/api/v1/skills/svc_small-skill/config",
      serviceDetailPath: "/api/v1/market/services/svc_small",
      marketSearchPath: "/api/v1/market/search",
      orderPath: "/api/v1/market/orders",
    },
    operationContracts: [{ operation: "get-latest-price", inputFields: [], exampleInput: {}, notes: [] }],
    handoff: null,
  });
  const paid = (await call("GET", "/market/services/svc_paid")).body.item;
  expect(paid.payment).toMatchObject({ required: true, chain: "eip155:33380", payerAddress: null });
  expect(paid.endpoint).toEqual(paid.endpoints[0]);
});

test("a replacement says what it changed, and what did not change keeps its time", async () => {
  await put([service("svc_a"), service("svc_b"), service("svc_c")]);
  const before = (await call("GET", "/market/services/svc_a")).body.item;
  market.clock.add(60_000);
  const change = await put([service("svc_a"), service("svc_b", { description: "new" }), service("svc_d")]);
  expect(change).toMatchObject({
    status: 200,
    body: { version: "v1", services: 3, added: 1, changed: 1, removed: 1, unchanged: 1 },
  });
  expect((await call("GET", "/market/services/svc_a")).body.item).toEqual(before);
  const changed = (await call("GET", "/market/services/svc_b")).body.item;
  expect(Date.parse(changed.updatedAt) - Date.parse(before.updatedAt)).toBeGreaterThanOrEqual(60_000);
  expect((await call("GET", "/market/services/svc_c")).body.error.code).toBe("NOT_FOUND");
  expect((await put([service("svc_c")])).body).toMatchObject({ added: 1, removed: 3 });
});

test("lists filter, take the short words for types, and page without losing or repeating a service", async () => {
  await put([
    ...Array.from({ length: 7 }, (_, i) => service(`svc_p${i}`)),
    service("svc_store", { serviceType: "storage.object", providerKey: "Walrus" }),
    service("svc_hand", {
      executionMode: "external-handoff",
      handoff: { label: "Console", url: "https://h.example" },
    }),
  ]);
  const ids = async (query: string) =>
    (await call("GET", `/market/services?${query}`)).body.items.map((each: { id: string }) => each.id);
  expect(await ids("serviceType=storage")).toEqual(["svc_store"]);
  expect(await ids("serviceType=storage.object")).toEqual(["svc_store"]);
  expect(await ids("serviceType=compute.inference")).toEqual([]);
  expect(await ids("providerKey=walrus")).toEqual(["svc_store"]);
  expect(await ids("executionMode=external-handoff")).toEqual(["svc_hand"]);
  const seen: string[] = [];
  for (let cursor = ""; ; ) {
    const page = (await call("GET", `/market/services?limit=2${cursor && `&cursor=${cursor}`}`)).body;
    seen.push(...page.items.map((each: { id: string }) => each.id));
    if (page.nextCursor === undefined) break;
    expect(page.nextCursor).toMatch(/^[A-Za-z0-9][\w-]*$/);
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(await ids("limit=500"));
  expect(seen).toHaveLength(9);
  for (const query of ["cursor=nonsense", "cursor=", "limit=0", "limit=501", "executionMode=remote"])
    expect((await call("GET", `/market/services?${query}`)).body.error.code, query).toBe("VALIDATION_ERROR");
  const unknown = await call("GET", "/market/services/svc_p0?machineId=mach_000000000000");
  expect(unknown.body.error.code).toBe("NOT_FOUND");
});

// Guarantees that a catalogue with a mistake leaves the market as it was.
test("a catalogue with mistakes is refused as a whole, each mistake named with its service", async () => {
  await put([service("svc_stays")]);
  const answer = await put([
    service("svc_twice"),
    service("svc_twice"),
    service("status"),
    service("svc_price", { pricing: { mode: "fixed", amount: 1 } }),
    service("svc_rail", { ...priced, payment: { defaultRail: "wallet" } }),
    service("svc_unpaid", { pricing: { mode: "fixed", amount: 1, currency: "USD" } }),
    service("svc_hand", { executionMode: "external-handoff" }),
    service("svc_health", { metadata: { healthUrl: "file:///etc/passwd", contracts: { other: {} } } }),
    service("svc_empty", { operationContracts: [] }),
  ]);
  expect(answer.status).toBe(400);
  expect(answer.body.error.code).toBe("VALIDATION_ERROR");
  const fields = answer.body.error.details.issues.map((issue: { field: string }) => issue.field);
  expect(fields).toEqual([
    "services.1.id",
    "services.2.id",
    "services.3.pricing",
    "services.3.payment",
    "services.4.payment.chain",
    "services.4.payment.payeeAddress",
    "services.5.payment",
    "services.6.handoff",
    "services.7.metadata.healthUrl",
    "services.7.metadata.contracts.other",
    "services.8.operations",
  ]);
  expect(answer.body.error.message).toContain("services.1.id: service svc_twice: stands at services.0");
  expect((await call("GET", "/market/services")).body.items).toHaveLength(1);
  const misspelt = await put([{ ...service("svc_x"), serviceTyp: "x" } as never]);
  expect(misspelt.body.error.message).toContain("serviceTyp");
});

test("another replica sees a new catalogue without being asked to", async () => {
  await put([service("svc_before")]);
  const other = { ...market, api: `${(await market.replica()).url}/api/v1` };
  expect((await call("GET", "/market/services/svc_before", { market: other })).status).toBe(200);
  await put([service("svc_after")]);
  await vi.waitFor(
    async () => expect((await call("GET", "/market/services/svc_after", { market: other })).status).toBe(200),
    { interval: 5 },
  );
  expect((await call("GET", "/market/services/svc_before", { market: other })).status).toBe(404);
});

test("the file is loaded at the start, once: what an operator puts stands until the file itself changes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "peaqos-catalogue-"));
  const file = join(folder, "catalogue.json");
  const write = (services: CatalogueServiceInput[]) =>
    writeFile(file, JSON.stringify({ version: "1", services }));
  await write([service("svc_file")]);
  await using own = await startTestMarket({ PEAQOS_CATALOGUE_FILE: file });
  const ids = async (url: string) =>
    (await worldCall(`${url}/api/v1`, "GET", "/market/services")).body.items.map(
      (each: { id: string }) => each.id,
    );
  expect(await ids(own.url)).toEqual(["svc_file"]);
  await put([service("svc_operator")], { market: own });
  expect(await ids((await own.replica()).url)).toEqual(["svc_operator"]);
  await write([service("svc_file_2")]);
  expect(await ids((await own.replica()).url)).toEqual(["svc_file_2"]);
});

test("of two replicas that start together one loads the file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "peaqos-catalogue-"));
  const file = join(folder, "catalogue.json");
  await using own = await startTestMarket();
  await writeFile(file, JSON.stringify({ version: "1", services: [service("svc_file")] }));
  const replicas = await Promise.all([1, 2, 3].map(() => own.replica({ PEAQOS_CATALOGUE_FILE: file })));
  for (const { url } of replicas)
    expect((await worldCall(`${url}/api/v1`, "GET", "/market/services/svc_file")).status).toBe(200);
  const { items } = (await call("GET", "/audit-events?resourceType=market-service", { market: own })).body;
  expect(items).toHaveLength(1);
  expect(items[0].payload).toMatchObject({ version: "1", added: 1, source: "file" });
});

test("a file that cannot be used stops the start and says everything that is wrong with it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "peaqos-catalogue-"));
  const file = join(folder, "catalogue.json");
  const start = () => startTestMarket({ PEAQOS_CATALOGUE_FILE: file });
  await expect(start()).rejects.toThrow("cannot be read");
  await writeFile(file, "{");
  await expect(start()).rejects.toThrow("is not JSON");
  const services = [service("svc_ok"), { ...service("svc_bad"), serviceType: "oracle", name: "" }];
  await writeFile(file, JSON.stringify({ version: "1", services }));
  await expect(start()).rejects.toThrow(/services\.1\.serviceType: service svc_bad: .*services\.1\.name/s);
});

// Guarantees that a key of the operator's everyday tools cannot change what is sold.
test("replacing the catalogue needs the scope catalogue", async () => {
  const secret = "a-platform-key-of-the-operator";
  const hash = Buffer.from(await crypto.subtle.digest("SHA-256", Buffer.from(secret))).toString("hex");
  await using own = await startTestMarket({ PEAQOS_REQUIRE_API_AUTH: "true", PEAQOS_API_KEYS: hash });
  const as = (key: string) => ({ market: own, headers: { "x-api-key": key } });
  const made = await call("POST", "/platform-keys", {
    ...as(secret),
    body: { name: "tools", scopes: ["read", "write"] },
  });
  const refused = await put([service("svc_x")], as(made.body.item.key));
  expect(refused).toMatchObject({ status: 403, body: { error: { code: "FORBIDDEN" } } });
  expect((await put([service("svc_x")], as(secret))).status).toBe(200);
});

test("a service's health is asked: up at once, down after two failures, up again with the next answer", async () => {
  let status = 200;
  const seller: Server = createServer((_request, response) => response.writeHead(status).end("{}"));
  await new Promise<void>((resolve) => seller.listen(0, "127.0.0.1", resolve));
  const healthUrl = `http://127.0.0.1:${(seller.address() as AddressInfo).port}/health`;
  await using own = await startTestMarket({ PEAQOS_MARKET_HEALTH_SECONDS: "1" });
  await put([service("svc_seen", { metadata: { healthUrl } }), service("svc_silent")], { market: own });
  const shows = (expected: object) =>
    vi.waitFor(
      async () => {
        const { item } = (await call("GET", "/market/services/svc_seen", { market: own })).body;
        expect(item.metadata.health).toMatchObject(expected);
      },
      { timeout: 10_000, interval: 20 },
    );
  await shows({ status: "up", error: null });
  status = 500;
  await shows({ status: "down", error: "the server answered 500" });
  status = 204;
  await shows({ status: "up", error: null });
  const silent = (await call("GET", "/market/services/svc_silent", { market: own })).body.item;
  expect(silent.metadata).toEqual({});
  seller.close();
}, 30_000);

// Guarantees that a catalogue entry cannot make the market talk to the network it stands in.
test("a health URL that leads inside is not asked", async () => {
  let asked = 0;
  const inside = createServer((_request, response) => {
    asked++;
    response.end();
  });
  await new Promise<void>((resolve) => inside.listen(0, "127.0.0.1", resolve));
  const healthUrl = `http://127.0.0.1:${(inside.address() as AddressInfo).port}/`;
  await using own = await startTestMarket({
    PEAQOS_MARKET_HEALTH_SECONDS: "1",
    PEAQOS_ALLOW_PRIVATE_URLS: "false",
  });
  await put([service("svc_inside", { metadata: { healthUrl } })], { market: own });
  await vi.waitFor(
    async () => {
      const { item } = (await call("GET", "/market/services/svc_inside", { market: own })).body;
      expect(item.metadata.health?.error).toBe("the URL leads to an address that is not public");
    },
    { timeout: 10_000, interval: 20 },
  );
  expect(asked).toBe(0);
  inside.close();
}, 30_000);
