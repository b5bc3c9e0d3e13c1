import { DatabaseDown, migrate, openDatabase } from "@peaqos/service-kit";
import { testDatabase } from "@peaqos/testkit";
import { pino } from "pino";
import { expect, test } from "vitest";
import { migrations } from "../db/migrations.ts";
import type { Caller } from "./caller.ts";
import { systemClock } from "./clock.ts";
import { fail } from "./errors.ts";
import { randomIds } from "./ids.ts";
import { type ManyItem, type ManyOutcome, writeMany } from "./write-many.ts";

// Guarantees: in a batch every request is done or refused on its own; a refused one leaves nothing; keys are honoured.

const caller: Caller = { kind: "public", tenantId: "default" };

const noJobs = { leaseFor: () => null, committed: () => undefined };

/** Its last write is answered, and then found to be wrong. */
const brokenAtLast = "1000";

type Item = ManyItem & { readonly value: string };
const item = (value: string, key?: string): Item => ({
  value,
  keep: JSON.stringify({ value }),
  source: {
    caller,
    id: `request-${value}`,
    operation: "createThing",
    headers: key === undefined ? {} : { "idempotency-key": key },
    body: { value },
  },
});

async function withThings(
  run: (
    write: (...items: Item[]) => Promise<ManyOutcome[]>,
    ask: (sql: string) => Promise<unknown[]>,
  ) => Promise<void>,
  /** The transaction that finds no database; the first is 1. */
  downAt = 0,
) {
  await using server = await testDatabase();
  const database = openDatabase<unknown>({ url: server.url, logger: pino({ level: "silent" }) });
  try {
    await migrate(database, migrations);
    await database.pool.query("create table things (value int primary key)");
    let begun = 0;
    const transaction: typeof database.transaction = async (work) => {
      if (++begun === downAt) throw new DatabaseDown("no database");
      return database.transaction(work);
    };
    const deps = {
      database: { ...database, transaction },
      clock: systemClock,
      ids: randomIds(),
      jobs: noJobs,
    };
    const write = (...items: Item[]) =>
      writeMany(deps, items, async (client, _now, requests, last) => {
        const errors = requests.map(({ item: { value } }) =>
          Number(value) < 0 ? fail("VALIDATION_ERROR", `${value} is negative`) : undefined,
        );
        for (const [at, tx] of requests.entries()) {
          if (errors[at] !== undefined) continue;
          await client.query("insert into things (value) values ($1)", [tx.item.value]);
          tx.audit({
            type: "thing.created",
            resourceType: "thing",
            resourceId: tx.item.value,
            machineId: null,
            payload: {},
          });
          if (tx.item.value === brokenAtLast)
            last(
              client.query("select 1").then(() => {
                throw new Error("not as it should be");
              }),
            );
        }
        return errors;
      });
    await run(write, async (sql) => (await database.pool.query({ text: sql, rowMode: "array" })).rows.flat());
  } finally {
    await database.close();
  }
}

const kinds = (outcomes: readonly ManyOutcome[]) =>
  outcomes.map((outcome) => ("done" in outcome ? "done" : "replay" in outcome ? "replay" : "error"));

test("a refused request leaves nothing, its key included; the others are written with their audit rows", async () => {
  await withThings(async (write, ask) => {
    expect(kinds(await write(item("1", "a"), item("-1", "b"), item("2", "c")))).toEqual([
      "done",
      "error",
      "done",
    ]);
    expect(await ask("select value from things order by value")).toEqual([1, 2]);
    expect(await ask("select key from idempotency_keys order by key")).toEqual(["a", "c"]);
    expect(await ask("select resource_id from audit_events order by seq")).toEqual(["1", "2"]);
  });
});

test("a statement that fails for one request fails no other", async () => {
  await withThings(async (write, ask) => {
    expect(kinds(await write(item("1", "a"), item("not a number", "b"), item("3", "c")))).toEqual([
      "done",
      "error",
      "done",
    ]);
    expect(await ask("select value from things order by value")).toEqual([1, 3]);
    expect(await ask("select key from idempotency_keys order by key")).toEqual(["a", "c"]);
  });
});

test("a repeated key is answered with what was kept; with another request it is refused", async () => {
  await withThings(async (write, ask) => {
    await write(item("1", "a"));
    const outcomes = await write(item("1", "a"), item("2", "a2"), item("5", "a"));
    expect(kinds(outcomes)).toEqual(["replay", "done", "error"]);
    expect(outcomes[0]).toEqual({ replay: { value: "1" } });
    expect(outcomes[2]).toMatchObject({ error: { code: "CONFLICT" } });
    expect(await ask("select value from things order by value")).toEqual([1, 2]);
  });
});

test("what is found wrong after its statement was answered leaves nothing, audit rows neither", async () => {
  await withThings(async (write, ask) => {
    expect(kinds(await write(item(brokenAtLast, "a")))).toEqual(["error"]);
    expect(kinds(await write(item("1", "b"), item(brokenAtLast, "c")))).toEqual(["done", "error"]);
    expect(await ask("select value from things")).toEqual([1]);
    expect(await ask("select resource_id from audit_events")).toEqual(["1"]);
    // Its chain goes on.
    expect(kinds(await write(item("2")))).toEqual(["done"]);
    expect(await ask("select seq from audit_events order by seq")).toEqual([1, 2]);
  });
});

test("a database lost between requests that are tried alone: what is done is told as done", async () => {
  await withThings(async (write, ask) => {
    const outcomes = await write(item("1"), item("not a number"), item("3"));
    expect(kinds(outcomes)).toEqual(["done", "error", "error"]);
    expect(outcomes[1]).toMatchObject({ error: { code: "DATABASE_DOWN" } });
    expect(await ask("select value from things")).toEqual([1]);
  }, 3);
});
