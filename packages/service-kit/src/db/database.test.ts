import { testDatabase } from "@peaqos/testkit";
import { pino } from "pino";
import { expect, test } from "vitest";
import { type Database, openDatabase } from "./database.ts";
import { DatabaseDown, guarded, isDatabaseDown } from "./errors.ts";
import { listen } from "./listen.ts";
import { type Migration, MigrationError, migrate } from "./migrate.ts";

const logger = pino({ level: "silent" });

type Opened = AsyncDisposable & { database: Database<unknown>; url: string };

async function opened(): Promise<Opened> {
  const { url, drop } = await testDatabase();
  const database = openDatabase<unknown>({ url, logger });
  return {
    database,
    url,
    async [Symbol.asyncDispose]() {
      await database.close();
      await drop();
    },
  };
}

const steps: Migration[] = [
  {
    id: 1,
    name: "first",
    sql: "create table things (id bigint primary key, amount numeric(78), code bytea)",
  },
  { id: 2, name: "second", sql: "alter table things add note text" },
];

test("chain values survive the database: 2^256 - 1, bytes as hex, int8 as number", async () => {
  await using fixture = await opened();
  await migrate(fixture.database, steps);
  const amount = 2n ** 256n - 1n;
  await fixture.database.pool.query("insert into things (id, amount, code) values ($1, $2, $3)", [
    2 ** 52,
    amount,
    "\\xdeadbeef",
  ]);
  const { rows } = await fixture.database.pool.query(
    "select id, amount, code, 9007199254740993::bigint as big from things",
  );
  expect(rows).toEqual([{ id: 2 ** 52, amount, code: "0xdeadbeef", big: 9_007_199_254_740_993n }]);
});

test("steps are applied once, in order, also when replicas start together", async () => {
  await using fixture = await opened();
  const applied = await Promise.all([1, 2, 3].map(() => migrate(fixture.database, steps)));
  expect(applied.flat().toSorted()).toEqual(["first", "second"]);
  expect(await migrate(fixture.database, steps)).toEqual([]);
});

test("a newer database and an edited step are refused by name", async () => {
  await using fixture = await opened();
  await migrate(fixture.database, steps);
  await expect(migrate(fixture.database, steps.slice(0, 1))).rejects.toThrow(
    'the database has schema step 2 "second", this program knows 1: start the newer program',
  );
  const edited = [{ ...steps[0]!, sql: "create table other (id bigint)" }, steps[1]!];
  await expect(migrate(fixture.database, edited)).rejects.toThrow(MigrationError);
});

test("a step that fails leaves nothing of itself", async () => {
  await using fixture = await opened();
  const broken = [...steps, { id: 3, name: "broken", sql: "create table half (id bigint); select nonsense" }];
  await expect(migrate(fixture.database, broken)).rejects.toThrow("nonsense");
  const { rows } = await fixture.database.pool.query(
    "select to_regclass('half') as half, count(*) as steps from schema_migrations",
  );
  expect(rows).toEqual([{ half: null, steps: 2 }]);
});

test("a transaction that throws is rolled back and its connection is usable again", async () => {
  await using fixture = await opened();
  await migrate(fixture.database, steps);
  const failing = fixture.database.transaction(async (client) => {
    await client.query("insert into things (id) values (1)");
    throw new Error("changed my mind");
  });
  await expect(failing).rejects.toThrow("changed my mind");
  expect((await fixture.database.pool.query("select count(*) as n from things")).rows).toEqual([{ n: 0 }]);
});

test("what a transaction has not asked before it failed is never asked", async () => {
  await using fixture = await opened();
  const { database } = fixture;
  await migrate(database, steps);
  let late: Promise<unknown> = Promise.resolve();
  const failing = database.transaction(async (client) => {
    late = client
      .query("select pg_sleep(0.1)")
      .then(() => client.query("insert into things (id) values ($1)", [7]));
    late.catch(() => undefined);
    throw new Error("wrong");
  });
  await expect(failing).rejects.toThrow("wrong");
  await expect(late).rejects.toThrow("the transaction has ended");
  expect((await database.pool.query("select id from things")).rows).toEqual([]);
});

test("a refused transaction costs no connection; one that is lost in the middle is named as such", async () => {
  await using fixture = await opened();
  const { database } = fixture;
  const pid = async () =>
    (await database.pool.query<{ pid: number }>("select pg_backend_pid() as pid")).rows[0]?.pid;
  const before = await pid();
  class Refused extends Error {
    readonly code = "REFUSED";
  }
  await expect(database.transaction(() => Promise.reject(new Refused("no")))).rejects.toThrow(Refused);
  await expect(database.transaction((client) => client.query("select nonsense"))).rejects.toThrow("nonsense");
  expect(await pid()).toBe(before);
  const cut = database.transaction(async (client) => {
    await Promise.all([
      client.query("select pg_terminate_backend(pg_backend_pid())"),
      client.query("select 1"),
    ]).catch(() => undefined);
    await client.query("select 2");
  });
  expect(isDatabaseDown(await cut.catch((error: unknown) => error))).toBe(true);
  expect(await pid()).not.toBe(before);
});

test("a lost database is told apart from a wrong statement", async () => {
  await using fixture = await opened();
  const { pool } = fixture.database;
  const wrong = await guarded(() => pool.query("select nonsense")).catch((error: unknown) => error);
  expect(isDatabaseDown(wrong)).toBe(false);
  const away = openDatabase<unknown>({ url: "postgres://u:p@127.0.0.1:1/none", logger });
  const lost = await guarded(() => away.pool.query("select 1")).catch((error: unknown) => error);
  expect(lost).toBeInstanceOf(DatabaseDown);
  expect(isDatabaseDown(lost)).toBe(true);
  await away.close();
  const bug = guarded(async () => (undefined as unknown as { x: { y: number } }).x.y);
  await expect(bug).rejects.toThrow(TypeError);
});

test("notifications are heard, a reader's mistake ends nothing, a lost connection is said and comes back", async () => {
  await using fixture = await opened();
  const { pool } = fixture.database;
  const heard: string[] = [];
  const lost = Promise.withResolvers<void>();
  const again = Promise.withResolvers<void>();
  const first = Promise.withResolvers<void>();
  const message = Promise.withResolvers<void>();
  let connections = 0;
  const listener = await listen({
    url: fixture.url,
    channel: "things",
    logger,
    onMessage(payload) {
      if (payload === "nonsense") throw new Error("not ours");
      heard.push(payload);
      if (payload === "first") first.resolve();
      if (payload === "last") message.resolve();
    },
    onConnected() {
      if (++connections === 2) again.resolve();
    },
    onLost: () => lost.resolve(),
  });
  await pool.query("select pg_notify('things', 'nonsense')");
  await pool.query("select pg_notify('things', 'first')");
  await first.promise;
  await pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'peaqos-listen' and datname = current_database()",
  );
  await lost.promise;
  await again.promise;
  await pool.query("select pg_notify('things', 'last')");
  await message.promise;
  expect(heard).toEqual(["first", "last"]);
  await listener.stop();
  expect(listener.connected).toBe(false);
});

test("with `prepared` a statement is parsed once a connection, also inside transactions; others stay as they are", async () => {
  const { url, drop } = await testDatabase();
  const database = openDatabase<unknown>({ url, logger, max: 1, prepared: true });
  try {
    for (let i = 0; i < 3; i++) {
      expect((await database.pool.query("select $1::int + 1 as n", [i])).rows).toEqual([{ n: i + 1 }]);
      await database.transaction(async (client) => {
        expect((await client.query("select $1::text as t", [`${i}`])).rows).toEqual([{ t: `${i}` }]);
        await expect(client.query("select 1 as one")).resolves.toMatchObject({ rows: [{ one: 1 }] });
      });
    }
    const { rows } = await database.pool.query(
      "select statement from pg_prepared_statements order by statement",
    );
    expect(rows.map((row) => row.statement)).toEqual(["select $1::int + 1 as n", "select $1::text as t"]);
    await expect(database.pool.query("select $1::int", ["x"])).rejects.toMatchObject({ code: "22P02" });
  } finally {
    await database.close();
    await drop();
  }
});
