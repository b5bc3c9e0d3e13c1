import { randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import pg from "pg";
import { lockDirectory } from "../process/lock.ts";
import { freePort } from "../process/ports.ts";
import { serverAccount } from "./account.ts";
import { postgresBinaries } from "./binaries.ts";
import { createCluster } from "./cluster.ts";
import { launch, orphan } from "./server.ts";

export type PostgresOptions = {
  /** Where the databases are kept; absent: a temporary place that is gone after `stop`. */
  dataDir?: string;
  /** Port on 127.0.0.1; 0 or absent: any free one. */
  port?: number;
  /** Every commit on disk before it is acknowledged. Default: true with a data directory. */
  durable?: boolean;
  /** Where the server writes its messages. Default: in the data directory. */
  logFile?: string;
  /** More server settings (name to value), as in postgresql.conf. */
  settings?: Record<string, string>;
  /** For the message a second opener gets. */
  command?: string;
};

export type Postgres = {
  /** Connection URL of the maintenance database, with the password. */
  url: string;
  port: number;
  pid: number;
  /** Makes a database (an existing one is kept) and answers its URL. */
  createDatabase(name: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  /** Resolves when the server ended, wanted or not; `tail` has its last lines. */
  exited: Promise<void>;
  tail(lines?: number): string;
  stop(): Promise<void>;
};

const USER = "peaqos";

/**
 * A real PostgreSQL for one directory, a child of this process. The second opener of a directory is refused with the
 * name of the first.
 *
 * @example
 * const postgres = await startPostgres({ dataDir: ".peaqos/postgres" });
 * const url = await postgres.createDatabase("rating");
 * await postgres.stop();
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const temporary = options.dataDir === undefined;
  const durable = options.durable ?? !temporary;
  const given = options.dataDir ?? mkdtempSync(join(tmpdir(), "peaqos-postgres-"));
  mkdirSync(given, { recursive: true, mode: 0o711 });
  const home = realpathSync(resolve(given));
  if (temporary) chmodSync(home, 0o711);
  const lock = temporary
    ? undefined
    : lockDirectory(
        home,
        options.command ?? process.argv.slice(0, 2).join(" "),
        "Stop it first, or use another directory.",
      );
  try {
    const binaries = postgresBinaries();
    const data = join(home, "data");
    const account = serverAccount([data, binaries.postgres]);
    const logFile = options.logFile ?? join(home, "postgres.log");
    await orphan(data, lock?.left);
    const password = secret(join(home, "password"));
    if (!existsSync(join(data, "PG_VERSION"))) {
      await createCluster({ binaries, home, data, account, durable, password, user: USER, logFile });
    }
    const server = await launch({
      binaries,
      data,
      account,
      logFile,
      port: options.port || (await freePort()),
      fixedPort: Boolean(options.port),
      settings: { ...(durable ? {} : FAST), ...options.settings },
    });
    lock?.child(server.child.pid);
    const urlOf = (database: string) => `postgres://${USER}:${password}@127.0.0.1:${server.port}/${database}`;
    const ask = async (sql: string, values: unknown[] = []) => {
      const client = new pg.Client({ connectionString: urlOf("postgres") });
      await client.connect();
      try {
        return await client.query(sql, values);
      } finally {
        await client.end();
      }
    };
    let stopped: Promise<void> | undefined;
    return {
      url: urlOf("postgres"),
      port: server.port,
      pid: server.child.pid,
      async createDatabase(name) {
        try {
          await ask(`create database ${quoted(name)}`);
        } catch (error) {
          if ((error as { code?: string }).code !== "42P04") throw error;
        }
        return urlOf(name);
      },
      async dropDatabase(name) {
        await ask(`drop database if exists ${quoted(name)} with (force)`);
      },
      exited: server.child.exited.then(() => undefined),
      tail: (lines) => server.child.tail(lines),
      stop() {
        stopped ??= (async () => {
          // SIGINT: end all connections and write everything out.
          await server.child.stop(10_000);
          lock?.release();
          if (temporary) rmSync(home, { recursive: true, force: true });
        })();
        return stopped;
      },
    };
  } catch (error) {
    lock?.release();
    if (temporary) rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

/** For tests: nothing has to survive a power cut. */
const FAST = { fsync: "off", synchronous_commit: "off", full_page_writes: "off" };

function quoted(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) {
    throw new Error(
      `"${name}" is no database name: lower-case letters, digits and _, at most 63, no digit first`,
    );
  }
  return `"${name}"`;
}

/** The server's password, made once per directory; the file is for its owner only. */
function secret(file: string): string {
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  const password = randomBytes(18).toString("base64url");
  writeFileSync(file, `${password}\n`, { mode: 0o600, flush: true });
  return password;
}
