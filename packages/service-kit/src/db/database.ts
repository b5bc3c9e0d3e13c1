import { createHash } from "node:crypto";
import type { Writable } from "node:stream";
import { Kysely, PostgresDialect } from "kysely";
import { Pool, type PoolClient, types as pgTypes } from "pg";
import type { Logger } from "pino";
import { DatabaseDown, guarded, isDriverError } from "./errors.ts";

/**
 * One way to open a database for every service: `pg` with pipelining under Kysely.
 * int8 is read as a number (a bigint beyond 2^53), numeric as a bigint, bytea as `0x` hex.
 */

export type Database<Schema> = {
  readonly kysely: Kysely<Schema>;
  readonly pool: Pool;
  /** One connection of its own for `work`, which must not keep it. */
  withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
  /** Runs `work` inside a transaction on one connection; rolls back when it throws. */
  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

const int8 = 20;
const numeric = 1700;
const bytea = 17;

function parseInt8(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

const parsers: Readonly<Record<number, (text: string) => unknown>> = {
  [int8]: parseInt8,
  [numeric]: (text) => BigInt(text),
  [bytea]: (text) => `0x${text.slice(2)}`,
};

export const databaseTypes = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    return (format === "binary" ? undefined : parsers[oid]) ?? pgTypes.getTypeParser(oid, format);
  },
};

export type DatabaseOptions = {
  readonly url: string;
  readonly logger: Logger;
  /** Connections at most. */
  readonly max?: number;
  /** How long to wait for a connection, in milliseconds. */
  readonly connectTimeoutMs?: number;
  /** How long one statement may take, in milliseconds. */
  readonly statementTimeoutMs?: number;
  readonly applicationName?: string;
  /**
   * Every statement with parameters is prepared once a connection. For services with a fixed set of statements; not
   * behind a pooler that gives each transaction another connection without carrying prepared statements over.
   */
  readonly prepared?: boolean;
};

/** Names of statements by their text; a service has a few hundred. */
const names = new Map<string, string>();
const maxNames = 1_000;

/** Connections whose statements are being gathered. */
const gathering = new WeakSet<Writable>();

/**
 * Statements asked for in one turn of the loop leave in one piece: writing to the server's socket costs as much as a
 * short statement.
 */
function sendTogether(client: PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  if (gathering.has(stream)) return;
  gathering.add(stream);
  stream.cork();
  process.nextTick(() => {
    gathering.delete(stream);
    stream.uncork();
  });
}

/**
 * Statements with parameters are parsed and planned once a connection, under a name of their text, instead of each
 * time: that is most of what a short statement costs.
 */
function prepareAll(client: PoolClient): void {
  const ask = client.query.bind(client) as (...args: unknown[]) => unknown;
  const query = (...args: unknown[]) => {
    sendTogether(client);
    return ask(...args);
  };
  const prepared = (first: unknown, values?: unknown, ...rest: unknown[]) => {
    if (typeof first !== "string" || !Array.isArray(values)) return query(first, values, ...rest);
    let name = names.get(first);
    if (name === undefined) {
      if (names.size >= maxNames) return query(first, values, ...rest);
      name = `s${createHash("sha256").update(first).digest("base64url").slice(0, 24)}`;
      names.set(first, name);
    }
    return query({ name, text: first, values }, ...rest);
  };
  client.query = prepared as typeof client.query;
}

/**
 * The connection as long as its transaction is open. When one of several things done at a time fails, the others may
 * still be about to ask: after the end that would be a write of its own, or in the next transaction of the connection.
 */
function openUntilEnd(client: PoolClient): { readonly open: PoolClient; end(): void } {
  let isOpen = true;
  const query = (...args: unknown[]) =>
    isOpen
      ? (client.query as (...given: unknown[]) => unknown).apply(client, args)
      : Promise.reject(new Error("the transaction has ended"));
  return {
    open: Object.create(client, { query: { value: query } }) as PoolClient,
    end() {
      isOpen = false;
    },
  };
}

export function openDatabase<Schema>(options: DatabaseOptions): Database<Schema> {
  const statementTimeout = options.statementTimeoutMs ?? 30_000;
  const pool = new Pool({
    connectionString: options.url,
    max: options.max ?? 10,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 3_000,
    statement_timeout: statementTimeout,
    // Ends the wait for a server that no longer answers at all.
    query_timeout: statementTimeout + 5_000,
    application_name: options.applicationName ?? "peaqos",
    types: databaseTypes,
    pipeline: true,
  } as ConstructorParameters<typeof Pool>[0]);
  if (options.prepared === true) pool.on("connect", prepareAll);
  // Without a listener a connection that dies while idle would end the process.
  pool.on("error", (error) => options.logger.warn({ err: error }, "idle database connection lost"));

  async function withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await guarded(() => pool.connect());
    let failure: Error | undefined;
    const onError = (error: Error) => {
      failure = error;
    };
    client.on("error", onError);
    try {
      return await work(client);
    } catch (error) {
      const lost = failure;
      failure ??= error instanceof Error ? error : new Error(String(error));
      // The driver says so without any code for whatever was still to be asked on the connection.
      if (lost !== undefined && isDriverError(error))
        throw new DatabaseDown("the connection to the database was lost", { cause: error });
      throw error;
    } finally {
      client.off("error", onError);
      client.release(failure);
    }
  }

  async function transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const outcome = await withClient(async (client): Promise<{ value: T } | { error: unknown }> => {
      // Sent together with the first statement of the work: a transaction waits for one answer less.
      const begun = guarded(() => client.query("begin"));
      begun.catch(() => undefined);
      const { open, end } = openUntilEnd(client);
      try {
        const value = await work(open);
        end();
        await begun;
        await guarded(() => client.query("commit"));
        return { value };
      } catch (error) {
        end();
        const isRolledBack = await client.query("rollback").then(
          () => true,
          () => false,
        );
        // A refused write leaves a good connection; one that failed without saying why is not trusted again.
        if (!isRolledBack || isDriverError(error)) throw error;
        return { error };
      }
    });
    if ("error" in outcome) throw outcome.error;
    return outcome.value;
  }

  return {
    kysely: new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) }),
    pool,
    withClient,
    transaction,
    close: () => pool.end(),
  };
}
