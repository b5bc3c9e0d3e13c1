import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestMarket, type TestMarket } from "../../test/test-market.ts";
import { hashOfSecret } from "../tenants/secret.ts";

const root = "a-platform-key-of-the-environment-for-tests";
let market: TestMarket;

beforeAll(async () => {
  market = await startTestMarket({ PEAQOS_REQUIRE_API_AUTH: "true", PEAQOS_API_KEYS: hashOfSecret(root) });
  const kit = market.service.market;
  for (let number = 1; number <= 25; number++) {
    if (number % 5 === 0) market.clock.add(1_000);
    await kit.system(async (tx) => {
      for (const part of ["a", "b"])
        tx.audit({
          type: `test.${part}`,
          resourceType: number % 2 === 0 ? "machine" : "policy",
          resourceId: `r${number}`,
          machineId: number <= 20 ? "mach_1" : null,
          payload: { number },
        });
    });
  }
  // Another tenant's, through a machine whose chain began there: the worker that writes later does not know it.
  const entry = { type: "x", resourceType: "machine", resourceId: "m", machineId: "mach_2", payload: {} };
  await kit.write(
    {
      caller: { kind: "platform", tenantId: "other", keyId: "k", scopes: new Set() },
      id: "r",
      headers: {},
      operation: "createMachine",
    },
    async (tx) => tx.audit(entry),
  );
  await kit.system(async (tx) => tx.audit(entry));
});
afterAll(() => market?.[Symbol.asyncDispose]());

type Page = { items: { type: string; resourceId: string; machineId: string | null }[]; nextCursor?: string };

async function page(query: string): Promise<Page> {
  const response = await fetch(`${market.api}/audit-events?${query}`, { headers: { "x-api-key": root } });
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
}

test("pages newest first, without a gap or a row twice, in the order in which each chain grew", async () => {
  const seen: string[] = [];
  for (let cursor = ""; ; ) {
    const { items, nextCursor } = await page(`limit=7&machineId=mach_1${cursor}`);
    seen.push(...items.map((each) => `${each.resourceId} ${each.type}`));
    if (nextCursor === undefined) break;
    cursor = `&cursor=${nextCursor}`;
  }
  const expected = Array.from({ length: 20 }, (_, index) => [
    `r${20 - index} test.b`,
    `r${20 - index} test.a`,
  ]);
  expect(seen).toEqual(expected.flat());
});

test("filters by machine and kind, and shows nothing of another tenant", async () => {
  expect((await page("limit=500")).items).toHaveLength(50);
  expect((await page("limit=500&resourceType=machine")).items).toHaveLength(24);
  expect((await page("machineId=mach_2")).items).toEqual([]);
  const response = await fetch(`${market.api}/audit-events/verify?machineId=mach_2`, {
    headers: { "x-api-key": root },
  });
  expect(await response.json()).toEqual({ valid: true, chains: 0, events: 0, problems: [], heads: [] });
  const { rows } = await market.service.market.database.pool.query(
    "select distinct tenant_id from audit_events where machine_id = 'mach_2'",
  );
  expect(rows).toEqual([{ tenant_id: "other" }]);
});

test("refuses a cursor of another list", async () => {
  for (const cursor of [
    "x",
    "c",
    `c${Buffer.from("2026-01-01T00:00:00.000Z pkey_1").toString("base64url")}`,
  ]) {
    const response = await fetch(`${market.api}/audit-events?cursor=${cursor}`, {
      headers: { "x-api-key": root },
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "VALIDATION_ERROR" } });
  }
});
