import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestMarket, type TestMarket } from "../../test/test-market.ts";
import { hashOfSecret } from "./secret.ts";

const keys = { default: "key-of-the-default-tenant", acme: "key-of-acme" } as const;
let market: TestMarket;

beforeAll(async () => {
  market = await startTestMarket({
    PEAQOS_REQUIRE_API_AUTH: "true",
    PEAQOS_API_KEYS: `${hashOfSecret(keys.default)}, acme=sha256:${hashOfSecret(keys.acme)}`,
    PEAQOS_MACHINE_IDENTITY_VERIFICATION: "optional",
  });
});
afterAll(() => market?.[Symbol.asyncDispose]());

async function call(who: keyof typeof keys, method: string, path: string, body?: unknown) {
  const response = await fetch(`${market.api}${path}`, {
    method,
    headers: { "content-type": "application/json", "x-api-key": keys[who] },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

// Guarantees that a tenant neither sees nor changes what belongs to another, and cannot tell whether it is there.
test("machines, policies, keys and audit rows are the tenant's own", async () => {
  const machine = {
    displayName: "m",
    ownerId: "o",
    machineType: "robot",
    runtimeProfile: "linux",
  };
  const { body: own } = await call("default", "POST", "/machines", machine);
  const { body: policy } = await call("default", "POST", "/policies", { name: "p" });
  const { body: key } = await call("default", "POST", "/platform-keys", { name: "k", scopes: ["read"] });
  expect([own.item?.id, policy.item?.id, key.item?.id]).toEqual([
    expect.stringMatching(/^mach_/),
    expect.stringMatching(/^pol_/),
    expect.stringMatching(/^pkey_/),
  ]);
  const id = own.item.id;
  for (const [method, path, body] of [
    ["GET", `/machines/${id}`],
    ["PATCH", `/machines/${id}`, { displayName: "mine now" }],
    ["DELETE", `/machines/${id}`],
    ["GET", `/machines/${id}/agent-pairings`],
    ["GET", `/machines/${id}/agents`],
    ["GET", `/machines/${id}/graph`],
    ["GET", `/machines/${id}/runtime-endpoints`],
    ["GET", `/market/orders?machineId=${id}`],
    ["GET", `/policies/${policy.item.id}`],
    ["PATCH", `/policies/${policy.item.id}`, { name: "mine now" }],
    ["POST", `/platform-keys/${key.item.id}/rotate`],
    ["DELETE", `/platform-keys/${key.item.id}`],
  ] as const) {
    const there = await call("acme", method, path, body);
    const nowhere = await call("acme", method, path.replace(/_[0-9a-f]{12}/, "_000000000000"), body);
    expect([method, path, there.status, there.body?.error?.code]).toEqual([
      method,
      path,
      404,
      nowhere.body?.error?.code,
    ]);
  }
  for (const path of ["/machines", "/policies", "/platform-keys", "/audit-events"])
    expect([path, (await call("acme", "GET", path)).body.items]).toEqual([path, []]);
  expect((await call("acme", "GET", "/audit-events/verify")).body).toMatchObject({ chains: 0, events: 0 });
  expect((await call("default", "GET", "/audit-events")).body.items.length).toBeGreaterThan(2);
});
