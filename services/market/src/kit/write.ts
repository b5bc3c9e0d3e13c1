import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { parseJson, stringifyJson } from "@peaqos/protocol";
import { type Database, guarded, isSerializationFailure } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import type { AuditEntry } from "../audit/append.ts";
import type { JobStart } from "../jobs/jobs.ts";
import type { MadeJob, NewJob } from "../jobs/store.ts";
import { actorOf, type Caller } from "./caller.ts";
import type { Clock } from "./clock.ts";
import { invalid } from "./errors.ts";
import type { Ids } from "./ids.ts";
import type { Sealing } from "./sealing.ts";
import { keyReused, maxAttempts, openTx, writeLeft } from "./write-tx.ts";

/**
 * The one way the market writes: check, effect, log in one transaction. The idempotency row, the audit rows and the
 * jobs commit with the effect or not at all; what leaves the process (chain, provider) is left to the jobs.
 */

export type WriteTx = {
  readonly client: PoolClient;
  /** The transaction's one time. */
  readonly now: Date;
  readonly caller: Caller;
  readonly requestId: string | null;
  /** Written at the end of the transaction. Payloads hold no secret and no bigint. */
  audit(entry: Omit<AuditEntry, "actor" | "requestId" | "tenantId"> & { readonly actor?: string }): void;
  /** Inserted at the end of the transaction; the id is known at once. */
  enqueue(job: NewJob): string;
};

/** What a write needs to know of the request it serves. */
export type WriteSource = {
  readonly caller: Caller;
  /** Null: no request, the system itself. */
  readonly id: string | null;
  readonly headers: IncomingHttpHeaders;
  readonly operation: string;
  readonly params?: unknown;
  readonly body?: unknown;
};

export type WriteOptions = {
  /** The answer holds a secret: it is kept sealed for replay. */
  readonly secret?: boolean;
};

export type Writes = {
  /**
   * Runs `work` in a transaction for a request and returns its result, which must be JSON. With an
   * `Idempotency-Key` the same request again gets the same result without a second effect. Only successes are kept.
   *
   * @throws HttpError CONFLICT when the key was used with another request; whatever `work` throws.
   */
  write<T>(source: WriteSource, work: (tx: WriteTx) => Promise<T>, options?: WriteOptions): Promise<T>;
  /** The same for the system: workers and deadlines. */
  system<T>(work: (tx: WriteTx) => Promise<T>): Promise<T>;
};

export type WriteDeps = {
  readonly database: Database<unknown>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly sealing: Sealing;
  readonly jobs: JobStart;
};

const systemCaller: Caller = { kind: "system", tenantId: "default" };
const keyPattern = /^[\x21-\x7e]{1,255}$/;

/** @throws HttpError VALIDATION_ERROR for a header that is no key. */
export function idempotencyKey(headers: IncomingHttpHeaders): string | null {
  const given = headers["idempotency-key"];
  if (given === undefined) return null;
  if (typeof given !== "string" || !keyPattern.test(given))
    throw invalid("Idempotency-Key", "must be 1 to 255 printable ASCII characters without spaces");
  return given;
}

/** Whose keys these are: two pairings, machine agents or tenants never share one. */
export function idempotencyScope(caller: Caller): string {
  if (caller.kind === "agent") return `pairing:${caller.claims.pairingId}`;
  if (caller.kind === "public" && caller.agentId !== undefined) return `machine-agent:${caller.agentId}`;
  return `${caller.kind}:${caller.tenantId}`;
}

/** Names the stored answer of a request; null when it sent no key. */
export function idempotencyRow(source: Pick<WriteSource, "headers" | "caller">): IdempotencyRow | null {
  const key = idempotencyKey(source.headers);
  return key === null ? null : { scope: idempotencyScope(source.caller), key };
}

export type IdempotencyRow = { readonly scope: string; readonly key: string };

/** For a request whose work came to nothing in its job: the same key may try again, as after an error. */
export async function forgetIdempotencyKey(
  client: PoolClient,
  { scope, key }: IdempotencyRow,
): Promise<void> {
  await client.query("delete from idempotency_keys where scope = $1 and key = $2", [scope, key]);
}

/** What must be the same for a repeated key. */
export function fingerprint(source: WriteSource): string {
  return hash(
    "sha256",
    stringifyJson([source.operation, source.params ?? null, source.body ?? null]),
    "base64url",
  );
}

export function createWrites(deps: WriteDeps): Writes {
  const { database, clock, ids, sealing, jobs } = deps;

  async function once<T>(
    caller: Caller,
    requestId: string | null,
    work: (tx: WriteTx) => Promise<T>,
    around: (client: PoolClient, now: Date, run: () => Promise<T>) => Promise<T>,
  ): Promise<T> {
    let made: readonly MadeJob[] = [];
    const result = await database.transaction(async (client) => {
      const now = clock.now();
      const { tx, left } = openTx(client, now, caller, requestId, deps);
      const value = await around(client, now, () => work(tx));
      await writeLeft(client, now, left, ids);
      made = left.jobs;
      return value;
    });
    if (made.length > 0) jobs.committed(made);
    return result;
  }

  /** A transaction that lost against another is run again from its beginning; nothing of it has happened. */
  async function again<T>(run: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        if (attempt >= maxAttempts || !isSerializationFailure(error)) throw error;
      }
    }
  }

  return {
    system: (work) => again(() => once(systemCaller, null, work, (_client, _now, run) => run())),
    async write<T>(source: WriteSource, work: (tx: WriteTx) => Promise<T>, options: WriteOptions = {}) {
      const key = idempotencyKey(source.headers);
      const { caller } = source;
      if (key === null) return again(() => once(caller, source.id, work, (_client, _now, run) => run()));
      // A secret is shown again only to the very platform key that got it: another of the tenant may have fewer scopes.
      const scope = idempotencyScope(caller) + (options.secret ? `:${actorOf(caller)}` : "");
      const print = fingerprint(source);
      const subject = `idempotency:${scope}:${key}`;
      return again(() =>
        once<T>(caller, source.id, work, async (client, now, run) => {
          const claimed = await guarded(() =>
            client.query(
              `insert into idempotency_keys (scope, key, operation, fingerprint, created_at)
               values ($1, $2, $3, $4, $5) on conflict do nothing`,
              [scope, key, source.operation, print, now],
            ),
          );
          if (claimed.rowCount === 0) {
            const { rows } = await client.query<{
              fingerprint: string;
              answer: string | null;
              sealed: boolean;
            }>("select fingerprint, answer, sealed from idempotency_keys where scope = $1 and key = $2", [
              scope,
              key,
            ]);
            const kept = rows[0];
            if (kept === undefined || kept.fingerprint !== print) throw keyReused();
            const text = kept.sealed ? sealing.open(subject, kept.answer ?? "") : (kept.answer ?? "null");
            return parseJson(text) as T;
          }
          const value = await run();
          const text = stringifyJson(value ?? null);
          await client.query(
            "update idempotency_keys set answer = $3, sealed = $4 where scope = $1 and key = $2",
            [scope, key, options.secret ? sealing.seal(subject, text) : text, options.secret ?? false],
          );
          return value;
        }),
      );
    },
  };
}
