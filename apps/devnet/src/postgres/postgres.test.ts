import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serverAccount } from "./account.ts";
import { startPostgres } from "./index.ts";

let directory: string;
beforeAll(() => {
  // 0700 and owned by this process: as root, the server's account cannot enter it without help.
  directory = mkdtempSync(join(tmpdir(), "peaqos-postgres-test-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function query(url: string, sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}

test("one directory: kept over stop and kill -9, closed to a second opener, and durable by default", async () => {
  const dataDir = join(directory, "data dir");
  let postgres = await startPostgres({ dataDir });
  const url = new URL(await postgres.createDatabase("one"));
  expect(url.href).toBe(await postgres.createDatabase("one"));
  await query(url.href, "create table t (a int); insert into t values (1)");
  const { rows } = await query(
    url.href,
    "select current_setting('fsync') f, current_setting('server_encoding') e",
  );
  expect(rows).toEqual([{ f: "on", e: "UTF8" }]);

  await expect(startPostgres({ dataDir })).rejects.toThrow(new RegExp(`in use by process ${process.pid} `));

  process.kill(postgres.pid, "SIGKILL");
  await postgres.exited;
  await postgres.stop();
  postgres = await startPostgres({ dataDir });
  url.port = String(postgres.port);
  expect((await query(url.href, "select a from t")).rows).toEqual([{ a: 1 }]);
  await postgres.stop();
  await postgres.stop();
});

test("a taken port is told as such, with the option that changes it", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await expect(startPostgres({ dataDir: join(directory, "taken"), port })).rejects.toThrow(
    new RegExp(`Port ${port} is taken.*--port-postgres`),
  );
  server.close();
});

test("database names are checked", async () => {
  const postgres = await startPostgres();
  await expect(postgres.createDatabase('a"; drop')).rejects.toThrow(/no database name/);
  await postgres.stop();
});

test.runIf(process.getuid?.() === 0)("root is served by an account that can reach the files", () => {
  expect(serverAccount(["/tmp/x"])).toMatchObject({ setpriv: undefined });
  expect(serverAccount([join(directory, "x")])?.setpriv).toContain("+dac_override");
});
