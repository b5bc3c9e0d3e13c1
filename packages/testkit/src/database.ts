import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import type { Postgres } from "@peaqos/devnet/postgres";
import { startPostgres } from "@peaqos/devnet/postgres";
import pg from "pg";
import { DOOR } from "./door.ts";

export type TestDatabase = AsyncDisposable & {
  /** Connection URL of an empty database nobody else uses. */
  url: string;
  /** Drops it, connections or not. The server goes with the test run anyway. */
  drop(): Promise<void>;
};

let own: Promise<Postgres> | undefined;
let server: Promise<string> | undefined;

/**
 * A fresh database on the one PostgreSQL of this test run (started when the first test asks for it). Outside vitest
 * the server belongs to this process: end it with `stopTestDatabases`.
 *
 * @example
 * await using database = await testDatabase();
 * const pool = new pg.Pool({ connectionString: database.url });
 */
export async function testDatabase(): Promise<TestDatabase> {
  server ??= process.env[DOOR] ? askDoor(Number(process.env[DOOR])) : startOwn();
  const base = await server;
  const name = `t_${randomBytes(8).toString("hex")}`;
  await run(base, `create database ${name}`);
  const drop = () => run(base, `drop database if exists ${name} with (force)`);
  const url = new URL(base);
  url.pathname = `/${name}`;
  return { url: url.href, drop, [Symbol.asyncDispose]: drop };
}

/** Ends a server that `testDatabase` started outside vitest. */
export async function stopTestDatabases(): Promise<void> {
  server = undefined;
  await (await own)?.stop();
  own = undefined;
}

async function startOwn(): Promise<string> {
  own = startPostgres();
  return (await own).url;
}

/** The test run's main process starts the server at the first question and answers with its URL. */
function askDoor(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1");
    socket.setEncoding("utf8");
    socket.on("data", (text) => {
      answer += text;
    });
    socket.on("end", () => {
      const { url, error } = JSON.parse(answer) as { url?: string; error?: string };
      if (url) resolve(url);
      else reject(new Error(error));
    });
    socket.on("error", reject);
  });
}

async function run(base: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: base });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
