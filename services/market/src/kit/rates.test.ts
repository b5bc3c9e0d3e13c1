import { expect, test } from "vitest";
import { startTestMarket } from "../../test/test-market.ts";
import { hashOfSecret } from "../tenants/secret.ts";

const keys = ["first-key-of-the-environment", "second-key-of-the-environment"];

test("each caller has its own requests a minute; headers say what is left, the refusal when to come again", async () => {
  await using market = await startTestMarket({
    PEAQOS_MARKET_RATE_LIMIT: "20",
    PEAQOS_API_KEYS: keys.map(hashOfSecret).join(","),
  });
  const get = (headers: Record<string, string>) => fetch(`${market.api}/platform-keys`, { headers });
  const [own = {}, other = {}] = keys.map((key): Record<string, string> => ({ "x-api-key": key }));
  // A key counts for its address until it has been seen to be good.
  await get(own);
  await get(other);
  const first = await get(own);
  expect(first.status).toBe(200);
  expect(first.headers.get("x-ratelimit-limit")).toBe("20");
  expect(first.headers.get("x-ratelimit-remaining")).toBe("19");
  for (let count = 0; count < 19; count++) expect((await get(own)).status).toBe(200);
  const refused = await get(own);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await refused.json()).toMatchObject({
    error: { code: "RATE_LIMITED", message: expect.stringContaining("20 requests in a minute") },
  });
  expect((await get(other)).status).toBe(200);
  // Made-up keys share the address's bucket, of which two are used.
  const statuses = [];
  for (let count = 0; count < 19; count++) statuses.push((await get({ "x-api-key": `no-${count}` })).status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(18);
  expect(statuses.at(-1)).toBe(429);
  expect((await fetch(`${market.url}/health`)).status).toBe(200);
  expect((await fetch(`${market.api}/readiness`)).status).toBe(200);
});

test("challenges have a tenth of that, in a bucket of their own", async () => {
  await using market = await startTestMarket({ PEAQOS_MARKET_RATE_LIMIT: "30" });
  const ask = () =>
    fetch(`${market.api}/machine-identity/challenges`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ identityRef: "did:peaq:0x0000000000000000000000000000000000000001" }),
    });
  const statuses = [];
  for (let count = 0; count < 4; count++) statuses.push((await ask()).status);
  expect(statuses.at(-1)).toBe(429);
  expect(statuses.slice(0, 3)).not.toContain(429);
  expect((await fetch(`${market.api}/platform-keys`)).headers.get("x-ratelimit-remaining")).toBe("29");
});
