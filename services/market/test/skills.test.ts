import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestMarket, type TestMarket } from "./test-market.ts";
import { type CallOptions, worldCall } from "./world.ts";

let market: TestMarket;
const call = (method: string, path: string, options: CallOptions = {}) =>
  worldCall(market.api, method, path, options);

const base = {
  providerKey: "walrus",
  providerLabel: "Walrus",
  serviceType: "storage.object",
  authType: "api-key",
  integrationStatus: "credentials-required",
  executionMode: "native",
} as const;

beforeAll(async () => {
  market = await startTestMarket({ PEAQOS_MARKET_HEALTH_SECONDS: "0" });
  const services = [
    {
      ...base,
      id: "svc_put",
      skillKey: "walrus",
      name: "Store",
      description: "Stores objects",
      operationContracts: [
        {
          operation: "put-object",
          inputFields: [
            { key: "content", type: "string", description: "Base64" },
            { key: "name", type: "string" },
          ],
          outputFields: [{ key: "id", type: "string" }],
        },
      ],
      metadata: {
        contracts: { "put-object": { inputSchema: { type: "object", required: ["content"] } } },
        skill: {
          label: "Walrus storage",
          scope: "core-product",
          source: "peaq",
          requiredEnv: ["WALRUS_TOKEN"],
        },
      },
    },
    { ...base, id: "svc_get", skillKey: "walrus", name: "Fetch", operations: ["get-object"] },
    { ...base, id: "svc_free", skillKey: "echo", authType: "none", name: "Echo", operations: ["echo"] },
  ];
  const answer = await call("PUT", "/market/catalogue", { body: { version: "7", services } });
  expect(answer.status).toBe(200);
});
afterAll(() => market[Symbol.asyncDispose]());

test("services with one skill key are one skill; what they do not say stands in metadata.skill", async () => {
  const list = (await call("GET", "/skills")).body.items;
  expect(list.map((each: { key: string }) => each.key)).toEqual(["echo", "walrus"]);
  expect(list[1]).toMatchObject({
    label: "Walrus storage",
    providerKey: "walrus",
    scope: "core-product",
    source: "peaq",
    direction: "machine-consumes",
    listedBy: "Walrus",
    operations: ["get-object", "put-object"],
    serviceTypes: ["storage.object"],
    requiredEnv: ["WALRUS_TOKEN"],
    authState: "unconfigured",
    lastVerifiedAt: null,
  });
  expect(list[0]).toMatchObject({ label: "Echo", authState: "configured", scope: "ecosystem" });
  const core = (await call("GET", "/skills?scope=core-product")).body.items;
  expect(core).toHaveLength(1);
  expect((await call("GET", "/skills?scope=everything")).body.error.code).toBe("VALIDATION_ERROR");
  const first = (await call("GET", "/skills?limit=1")).body;
  const second = (await call("GET", `/skills?limit=1&cursor=${first.nextCursor}`)).body;
  expect([first.items[0].key, second.items[0].key, second.nextCursor]).toEqual(["echo", "walrus", undefined]);
});

test("a manifest puts the contracts of a skill's operations together", async () => {
  const { item } = (await call("GET", "/skills/walrus/manifest")).body;
  expect(item).toMatchObject({
    label: "Walrus storage",
    inputs: [
      { key: "content", type: "string", required: true, description: "Base64" },
      { key: "name", type: "string", required: false, description: "" },
    ],
    outputs: [{ key: "id", type: "string", description: "" }],
    version: "7",
  });
  for (const path of ["/skills/nothing", "/skills/nothing/manifest"])
    expect((await call("GET", path)).body.error.code).toBe("NOT_FOUND");
});

// Guarantees that a provider's credentials leave the market nowhere: not in answers, not in the log, not in a table.
test("credentials are sealed and never shown; settings are kept in clear; both are merged", async () => {
  const secret = "sk-very-secret-0123456789";
  const body = {
    credentials: { apiKey: secret, other: "second-secret" },
    settings: { retries: 3, region: "eu" },
  };
  const first = await call("PATCH", "/skills/walrus/config", { body, key: "config-1" });
  expect(first.body.item).toMatchObject({
    skillKey: "walrus",
    providerKey: "walrus",
    enabled: true,
    settings: { retries: 3, region: "eu" },
    hasCredentials: true,
  });
  expect((await call("GET", "/skills/walrus")).body.item.authState).toBe("configured");
  const second = await call("PATCH", "/skills/walrus/config", {
    body: { settings: { retries: 4 }, credentials: { other: "" } },
  });
  expect(second.body.item).toMatchObject({ settings: { retries: 4, region: "eu" }, hasCredentials: true });
  const audit = await call("GET", "/audit-events?resourceType=skill");
  expect(audit.body.items[0]).toMatchObject({
    type: "skill.config.updated",
    resourceId: "walrus",
    payload: { credentials: ["apiKey"], settings: ["region", "retries"] },
  });
  const shown = JSON.stringify([first.body, second.body, audit.body]);
  const client = new pg.Client({ connectionString: market.databaseUrl });
  await client.connect();
  const { rows: tables } = await client.query(
    "select table_name from information_schema.tables where table_schema = 'public'",
  );
  let kept = "";
  for (const { table_name } of tables)
    kept += JSON.stringify((await client.query(`select * from ${table_name}`)).rows);
  await client.end();
  for (const hidden of [secret, "second-secret"]) {
    expect(shown).not.toContain(hidden);
    expect(kept).not.toContain(hidden);
  }
});

test("a skill that is switched off is restricted, on every replica, and on again configured", async () => {
  const replica = await market.replica();
  const stateOn = async (url: string) =>
    (await worldCall(`${url}/api/v1`, "GET", "/skills/walrus")).body.item.authState;
  await call("PATCH", "/skills/walrus/config", { body: { credentials: { apiKey: "k" } } });
  const off = await call("PATCH", "/skills/walrus/config", { body: { enabled: false } });
  expect(off.body.item).toMatchObject({ enabled: false, hasCredentials: true });
  expect(await stateOn(market.url)).toBe("restricted");
  await expect.poll(() => stateOn(replica.url), { interval: 5 }).toBe("restricted");
  await call("PATCH", "/skills/walrus/config", { body: { enabled: true } });
  expect(await stateOn(market.url)).toBe("configured");
  await expect.poll(() => stateOn(replica.url), { interval: 5 }).toBe("configured");
});

test("two configurations at the same time are both kept", async () => {
  const settings = Array.from({ length: 8 }, (_, i) => ({ [`s${i}`]: i }));
  await Promise.all(
    settings.map((each) => call("PATCH", "/skills/echo/config", { body: { settings: each } })),
  );
  const { item } = (await call("PATCH", "/skills/echo/config", { body: {} })).body;
  expect(item.settings).toEqual(Object.assign({}, ...settings));
  expect((await call("PATCH", "/skills/nothing/config", { body: {} })).body.error.code).toBe("NOT_FOUND");
  const nested = await call("PATCH", "/skills/echo/config", { body: { settings: { a: { b: 1 } } } });
  expect(nested.body.error.code).toBe("VALIDATION_ERROR");
});

test("a deployment without a key to seal with refuses credentials and says what is missing", async () => {
  await using own = await startTestMarket({
    PEAQOS_SESSION_SECRET: "",
    PEAQOS_REQUIRE_AGENT_PAIRING_AUTH: "false",
  });
  const on = (method: string, path: string, body: unknown) => worldCall(own.api, method, path, { body });
  await on("PUT", "/market/catalogue", {
    version: "1",
    services: [{ ...base, id: "svc_put", skillKey: "walrus", name: "Store", operations: ["put-object"] }],
  });
  const answer = await on("PATCH", "/skills/walrus/config", { credentials: { apiKey: "k" } });
  expect(answer.body.error).toMatchObject({ code: "VALIDATION_ERROR" });
  expect(answer.body.error.message).toContain("PEAQOS_ENCRYPTION_KEY");
  expect((await on("PATCH", "/skills/walrus/config", { settings: { a: 1 } })).status).toBe(200);
});
