import { marketOperations } from "@peaqos/protocol/market";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestMarket, type TestMarket } from "../../test/test-market.ts";
import { scopeOf } from "./scopes.ts";
import { hashOfSecret } from "./secret.ts";

const root = "a-platform-key-of-the-environment-for-tests";
let market: TestMarket;

beforeAll(async () => {
  market = await startTestMarket({
    PEAQOS_REQUIRE_API_AUTH: "true",
    PEAQOS_API_KEYS: hashOfSecret(root),
  });
});
afterAll(() => market?.[Symbol.asyncDispose]());

type Fields = Readonly<Record<string, string>>;
type Answer = {
  status: number;
  body: { item: Fields; items: Fields[]; error?: { code: string; details?: unknown } };
};

async function call(
  method: string,
  path: string,
  key: string | null,
  body?: unknown,
  headers: Record<string, string> = {},
  api = market.api,
): Promise<Answer> {
  const response = await fetch(`${api}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(key === null ? {} : { "x-api-key": key }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? (null as never) : JSON.parse(text) };
}

async function makeKey(
  scopes: string[],
  more: Record<string, unknown> = {},
): Promise<{ id: string; key: string }> {
  const { status, body } = await call("POST", "/platform-keys", root, { name: "test", scopes, ...more });
  expect(status).toBe(201);
  return body.item as never;
}

describe("a platform call", () => {
  test("without a key, or with one that nobody made, is refused by name", async () => {
    expect(await call("GET", "/audit-events", null)).toMatchObject({
      status: 401,
      body: { error: { code: "AUTH_REQUIRED" } },
    });
    for (const key of ["x", "peaqos_0", hashOfSecret(root)])
      expect(await call("GET", "/audit-events", key)).toMatchObject({
        status: 401,
        body: { error: { code: "AUTH_INVALID" } },
      });
  });

  test("takes the key in x-api-key and as a bearer token", async () => {
    expect((await call("GET", "/platform-keys", root)).status).toBe(200);
    expect(
      (await call("GET", "/platform-keys", null, undefined, { authorization: `Bearer ${root}` })).status,
    ).toBe(200);
  });

  test("checks a key that is sent although none is required", async () => {
    const open = await market.replica({ PEAQOS_REQUIRE_API_AUTH: "false" });
    const api = `${open.url}/api/v1`;
    expect((await call("GET", "/platform-keys", null, undefined, {}, api)).status).toBe(200);
    expect(await call("GET", "/platform-keys", "wrong", undefined, {}, api)).toMatchObject({
      status: 401,
      body: { error: { code: "AUTH_INVALID" } },
    });
  });
});

// Guarantees that a key opens what its scopes say and nothing else, whatever operation is added later.
test("every operation needs one scope, and a key without it is refused with the scope's name", async () => {
  const { key } = await makeKey(["read"]);
  expect((await call("GET", "/policies", key)).body?.error?.code).not.toBe("FORBIDDEN");
  expect(await call("POST", "/policies", key, { name: "p" })).toMatchObject({
    status: 403,
    body: { error: { code: "FORBIDDEN", details: { scope: "write", scopes: ["read"] } } },
  });
  expect(await call("GET", "/platform-keys", key)).toMatchObject({
    status: 403,
    body: { error: { details: { scope: "keys" } } },
  });
  expect(scopeOf("putCatalogue")).toBe("catalogue");
  expect(scopeOf("resolveMarketDispute")).toBe("resolver");
  expect(scopeOf("verifyAudit")).toBe("read");
  for (const [id, operation] of Object.entries(marketOperations)) {
    const scope = scopeOf(id as never);
    if (operation.method === "GET") expect(["read", "keys"]).toContain(scope);
    else if (scope === "read") expect(operation.idempotent).toBe(false);
  }
});

describe("a key", () => {
  test("is shown once, listed without its secret, and kept as a hash", async () => {
    const made = await makeKey(["read", "read", "write"]);
    expect(made.key).toMatch(/^peaqos_[\w-]{43}$/);
    const { body } = await call("GET", "/platform-keys?limit=500", root);
    const listed = body.items.find((each) => each.id === made.id);
    expect(listed).toMatchObject({
      scopes: ["read", "write"],
      lastFour: made.key.slice(-4),
      revokedAt: null,
    });
    expect(JSON.stringify(body)).not.toContain(made.key);
    const { rows } = await market.service.market.database.pool.query("select * from platform_keys");
    expect(JSON.stringify(rows)).not.toContain(made.key);
    const audit = await market.service.market.database.pool.query("select payload from audit_events");
    expect(JSON.stringify(audit.rows)).not.toContain(made.key);
  });

  test("cannot hand on, or rotate into, more than it may itself", async () => {
    const keys = await makeKey(["keys"]);
    expect(await call("POST", "/platform-keys", keys.key, { name: "x", scopes: ["write"] })).toMatchObject({
      status: 403,
      body: { error: { code: "FORBIDDEN", details: { scope: "write" } } },
    });
    const strong = await makeKey(["keys", "write"]);
    expect(await call("POST", `/platform-keys/${strong.id}/rotate`, keys.key)).toMatchObject({
      status: 403,
      body: { error: { code: "FORBIDDEN" } },
    });
  });

  /** Guarantees that no Idempotency-Key shows one caller the secret that was made for another. */
  test("cannot have the secret of another key's call shown again", async () => {
    const strong = await makeKey(["keys", "write"]);
    const headers = { "idempotency-key": "rotate-1" };
    const path = `/platform-keys/${strong.id}/rotate`;
    const mine = await call("POST", path, root, {}, headers);
    expect(mine.status).toBe(201);
    const keys = await makeKey(["keys"]);
    const theirs = await call("POST", path, keys.key, {}, headers);
    expect(theirs).toMatchObject({ status: 403, body: { error: { code: "FORBIDDEN" } } });
    expect(await call("POST", path, root, {}, headers)).toEqual(mine);
  });

  test("opens nothing from the next call on when it is revoked, on another replica too", async () => {
    const other = await market.replica();
    const api = `${other.url}/api/v1`;
    const { id, key } = await makeKey(["keys"]);
    expect((await call("GET", "/platform-keys", key, undefined, {}, api)).status).toBe(200);
    expect((await call("DELETE", `/platform-keys/${id}`, root)).status).toBe(204);
    expect(await call("GET", "/platform-keys", key, undefined, {}, api)).toMatchObject({
      status: 401,
      body: { error: { code: "AUTH_INVALID", details: { reason: "revoked" } } },
    });
    expect((await call("DELETE", `/platform-keys/${id}`, root)).status).toBe(204);
    expect((await call("DELETE", "/platform-keys/pkey_000000000000", root)).status).toBe(404);
  });

  test("works until the grace time ends when it is rotated", async () => {
    const old = await makeKey(["keys"]);
    const answer = await call("POST", `/platform-keys/${old.id}/rotate`, root, { graceSeconds: 60 });
    expect(answer.status).toBe(201);
    const { key } = answer.body.item as { key: string };
    expect((await call("GET", "/platform-keys", old.key)).status).toBe(200);
    expect((await call("GET", "/platform-keys", key)).status).toBe(200);
    expect(await call("POST", `/platform-keys/${old.id}/rotate`, root)).toMatchObject({
      status: 409,
      body: { error: { code: "CONFLICT", details: { reason: "key_not_active" } } },
    });
    market.clock.add(61_000);
    expect(await call("GET", "/platform-keys", old.key)).toMatchObject({
      status: 401,
      body: { error: { code: "AUTH_INVALID", details: { reason: "expired" } } },
    });
    expect((await call("GET", "/platform-keys", key)).status).toBe(200);
    market.clock.add(-61_000);
  });

  test("ends when it was made to end, and cannot be made for the past", async () => {
    const now = market.clock.now().getTime();
    const { key } = await makeKey(["keys"], { expiresAt: new Date(now + 60_000).toISOString() });
    expect((await call("GET", "/platform-keys", key)).status).toBe(200);
    market.clock.add(60_001);
    expect((await call("GET", "/platform-keys", key)).status).toBe(401);
    market.clock.add(-60_001);
    expect(
      await call("POST", "/platform-keys", root, {
        name: "x",
        scopes: ["read"],
        expiresAt: new Date(now - 60_000).toISOString(),
      }),
    ).toMatchObject({ status: 400, body: { error: { code: "VALIDATION_ERROR" } } });
  });

  test("is shown again to the same request with the same Idempotency-Key, and to no other", async () => {
    const headers = { "idempotency-key": "make-1" };
    const body = { name: "again", scopes: ["read"] };
    const first = await call("POST", "/platform-keys", root, body, headers);
    const again = await call("POST", "/platform-keys", root, body, headers);
    expect(again).toEqual(first);
    expect(await call("POST", "/platform-keys", root, { ...body, name: "other" }, headers)).toMatchObject({
      status: 409,
      body: { error: { code: "CONFLICT", details: { reason: "idempotency_key_reused" } } },
    });
    const { rows } = await market.service.market.database.pool.query("select answer from idempotency_keys");
    expect(JSON.stringify(rows)).not.toContain(first.body.item.key);
  });
});
