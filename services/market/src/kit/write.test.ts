import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestMarket, type TestMarket } from "../../test/test-market.ts";
import type { Caller } from "./caller.ts";
import { fail } from "./errors.ts";
import type { WriteSource, WriteTx } from "./write.ts";

let market: TestMarket;
let kits: TestMarket["service"]["market"][];

beforeAll(async () => {
  market = await startTestMarket();
  kits = [market.service.market, (await market.replica()).market];
  await kits[0]!.database.pool.query("create table effects (note text not null)");
});
afterAll(() => market?.[Symbol.asyncDispose]());

const platform: Caller = { kind: "platform", tenantId: "default", keyId: null, scopes: new Set() };

function source(key: string | null, body: unknown = {}, caller: Caller = platform): WriteSource {
  return {
    caller,
    id: "request",
    operation: "createPolicy",
    headers: key === null ? {} : { "idempotency-key": key },
    body,
  };
}

async function effect(tx: WriteTx, note: string): Promise<string> {
  await tx.client.query("insert into effects (note) values ($1)", [note]);
  tx.audit({ type: "test", resourceType: "policy", resourceId: note, machineId: null, payload: {} });
  tx.enqueue({ kind: "nobody-runs-this", machineId: null, payload: { note } });
  return `did ${note}`;
}

async function countsOf(note: string): Promise<number[]> {
  const { rows } = await kits[0]!.database.pool.query(
    `select (select count(*) from effects where note = $1) as effects,
       (select count(*) from audit_events where resource_id = $1) as audits,
       (select count(*) from jobs where payload->>'note' = $1) as jobs`,
    [note],
  );
  return [rows[0].effects, rows[0].audits, rows[0].jobs];
}

// Guarantees that a write with one Idempotency-Key happens once, however often and wherever it is sent at the same time.
test("one key, sent 40 times at once to two replicas: one effect, one answer", async () => {
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, number) =>
      kits[number % 2]!.write(source("racing"), (tx) => effect(tx, "racing")),
    ),
  );
  expect(new Set(answers)).toEqual(new Set(["did racing"]));
  expect(await countsOf("racing")).toEqual([1, 1, 1]);
});

test("the same key with another body, operation or path is a conflict, for another caller it is another key", async () => {
  const [kit] = kits;
  await kit!.write(source("mine", { a: 1 }), (tx) => effect(tx, "mine"));
  const conflict = { code: "CONFLICT", details: { reason: "idempotency_key_reused" } };
  await expect(kit!.write(source("mine", { a: 2 }), (tx) => effect(tx, "mine"))).rejects.toMatchObject(
    conflict,
  );
  await expect(
    kit!.write({ ...source("mine", { a: 1 }), operation: "updatePolicy" }, (tx) => effect(tx, "mine")),
  ).rejects.toMatchObject(conflict);
  const other: Caller = { ...platform, tenantId: "other" };
  await kit!.write(source("mine", { a: 2 }, other), (tx) => effect(tx, "other"));
  expect([await countsOf("mine"), await countsOf("other")]).toEqual([
    [1, 1, 1],
    [1, 1, 1],
  ]);
});

test("a refusal leaves nothing behind, so that the same key works when it comes again", async () => {
  const [kit] = kits;
  await expect(
    kit!.write(source("refused"), async (tx) => {
      await effect(tx, "refused");
      throw fail("QUOTE_EXPIRED");
    }),
  ).rejects.toMatchObject({ code: "QUOTE_EXPIRED" });
  expect(await countsOf("refused")).toEqual([0, 0, 0]);
  expect(await kit!.write(source("refused"), (tx) => effect(tx, "refused"))).toBe("did refused");
  expect(await countsOf("refused")).toEqual([1, 1, 1]);
});

test("a write without a key happens each time", async () => {
  await kits[0]!.write(source(null), (tx) => effect(tx, "plain"));
  await kits[0]!.write(source(null), (tx) => effect(tx, "plain"));
  expect(await countsOf("plain")).toEqual([2, 2, 2]);
});

test("an answer with a secret is kept sealed and replayed all the same", async () => {
  const run = () => kits[0]!.write(source("secret"), async () => ({ key: "hush-hush" }), { secret: true });
  expect([await run(), await run()]).toEqual([{ key: "hush-hush" }, { key: "hush-hush" }]);
  const { rows } = await kits[0]!.database.pool.query(
    "select answer, sealed from idempotency_keys where key = 'secret'",
  );
  expect(rows[0].sealed).toBe(true);
  expect(rows[0].answer).not.toContain("hush");
});

test("a transaction that lost against another runs again from its beginning", async () => {
  let runs = 0;
  const [kit] = kits;
  const value = await kit!.write(source("again"), async (tx) => {
    runs++;
    await effect(tx, "again");
    if (runs < 3) await tx.client.query("do $$ begin raise exception 'lost' using errcode = '40001'; end $$");
    return runs;
  });
  expect([value, await countsOf("again")]).toEqual([3, [1, 1, 1]]);
});

test("a header that is no key is refused", async () => {
  for (const bad of ["", "a b", "ü", "x".repeat(256)])
    await expect(kits[0]!.write(source(bad), async () => 1)).rejects.toMatchObject({
      code: "VALIDATION_ERROR",
    });
});

test("keys are forgotten after a day, jobs two hours later", async () => {
  const { cleanUp } = await import("../jobs/cleanup.ts");
  const [kit] = kits;
  await kit!.write(source("old"), (tx) => effect(tx, "old"));
  await kit!.database.pool.query("update jobs set done_at = $1 where payload->>'note' = 'old'", [
    kit!.clock.now(),
  ]);
  await cleanUp(kit!);
  expect((await countsOf("old"))[2]).toBe(1);
  market.clock.add(25 * 3_600_000);
  await cleanUp(kit!);
  const { rows } = await kit!.database.pool.query("select count(*) as kept from idempotency_keys");
  expect(rows[0].kept).toBe(0);
  expect((await countsOf("old"))[2]).toBe(1);
  market.clock.add(2 * 3_600_000);
  await cleanUp(kit!);
  expect((await countsOf("old"))[2]).toBe(0);
});
