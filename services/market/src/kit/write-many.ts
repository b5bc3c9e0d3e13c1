import { parseJson } from "@peaqos/protocol";
import { type Database, isDatabaseDown, isSerializationFailure } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import type { JobStart } from "../jobs/jobs.ts";
import type { MadeJob } from "../jobs/store.ts";
import type { Clock } from "./clock.ts";
import type { Ids } from "./ids.ts";
import { fingerprint, idempotencyKey, idempotencyScope, type WriteSource, type WriteTx } from "./write.ts";
import { keyReused, maxAttempts, openTx, writeLeft } from "./write-tx.ts";

/**
 * The market's way of writing (see write.ts) for many requests in one transaction: each is done or refused on its own,
 * and one commit makes all of them durable. A refused request leaves nothing. Where the transaction itself fails,
 * each request is tried alone, so that one cannot fail the others.
 */

export type ManyItem = {
  readonly source: WriteSource;
  /**
   * JSON kept for a repeated `Idempotency-Key`: known before the work, such as the id of what it makes. Null: the work
   * leaves it in `answer`.
   */
  readonly keep: string | null;
  answer?: string;
};

export type ManyOutcome =
  | { readonly done: true }
  /** The key was used for the same request before; this is what it kept. */
  | { readonly replay: unknown }
  | { readonly error: unknown };

/** One request of the batch inside the transaction. `alone`: it shares it with no other. */
export type ManyTx<I extends ManyItem> = WriteTx & { readonly item: I; readonly alone: boolean };

/** The refusal of a request that must have a transaction of its own: it is tried again, and has one then. */
export class NeedsOwnTransaction extends Error {
  override readonly name = "NeedsOwnTransaction";
}

/**
 * Answers with the error of each request that is refused, in order; undefined: done. What is given to `last` is waited
 * for before the commit: jobs and audit rows are sent behind it without waiting for its answer.
 */
export type ManyWork<I extends ManyItem> = (
  client: PoolClient,
  now: Date,
  requests: readonly ManyTx<I>[],
  last: (write: Promise<unknown>) => void,
) => Promise<readonly unknown[]>;

export type ManyDeps = {
  readonly database: Database<unknown>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly jobs: JobStart;
};

/** What keeps two requests of one batch apart: the same key of the same caller. */
export function keyWords({ caller, headers }: WriteSource): string[] {
  const key = idempotencyKey(headers);
  return key === null ? [] : [`${idempotencyScope(caller)} ${key}`];
}

/** @throws DatabaseDown; everything else is an outcome of its request. */
export async function writeMany<I extends ManyItem>(
  deps: ManyDeps,
  items: readonly I[],
  work: ManyWork<I>,
): Promise<ManyOutcome[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      const outcomes = await once(deps, items, work);
      const again = outcomes.flatMap((outcome, at) =>
        "error" in outcome && outcome.error instanceof NeedsOwnTransaction ? [at] : [],
      );
      const own = await eachAlone(
        deps,
        again.map((at) => items[at]!),
        work,
      );
      for (const [index, at] of again.entries()) outcomes[at] = own[index]!;
      return outcomes;
    } catch (error) {
      if (isDatabaseDown(error)) throw error;
      if (isSerializationFailure(error) && attempt < maxAttempts) continue;
      if (items.length === 1) return [{ error }];
      return eachAlone(deps, items, work);
    }
  }
}

/** A database that is lost on the way is the outcome of those that come to it: what is done stays done. */
async function eachAlone<I extends ManyItem>(
  deps: ManyDeps,
  items: readonly I[],
  work: ManyWork<I>,
): Promise<ManyOutcome[]> {
  const outcomes: ManyOutcome[] = [];
  let lost: { readonly error: unknown } | null = null;
  for (const item of items)
    try {
      outcomes.push(lost ?? (await writeMany(deps, [item], work))[0]!);
    } catch (error) {
      lost = { error };
      outcomes.push(lost);
    }
  return outcomes;
}

type Claim = { readonly scope: string; readonly key: string; readonly print: string; readonly index: number };

async function once<I extends ManyItem>(
  deps: ManyDeps,
  items: readonly I[],
  work: ManyWork<I>,
): Promise<ManyOutcome[]> {
  let made: readonly MadeJob[] = [];
  const outcomes = await deps.database.transaction(async (client) => {
    const now = deps.clock.now();
    const results: ManyOutcome[] = items.map(() => ({ done: true }));
    const claims = claimsOf(items);
    const taken = await claim(client, items, claims, now, results);
    const fresh = items.flatMap((item, index) => {
      if (!("done" in results[index]!)) return [];
      const { caller, id } = item.source;
      const { tx, left } = openTx(client, now, caller, id, deps);
      return [{ tx: { ...tx, item, alone: items.length === 1 }, left, index }];
    });
    const writes: Promise<unknown>[] = [];
    const last = (write: Promise<unknown>) => {
      // It may fail before anybody waits for it.
      write.catch(() => undefined);
      writes.push(write);
    };
    const errors =
      fresh.length === 0
        ? []
        : await work(
            client,
            now,
            fresh.map(({ tx }) => tx),
            last,
          );
    for (const [at, { index }] of fresh.entries())
      if (errors[at] !== undefined) results[index] = { error: errors[at] };
    // Alone, a refused request takes back whatever it has written.
    if (items.length === 1 && "error" in results[0]!) throw results[0].error;
    const refused = taken.filter(({ index }) => "error" in results[index]!);
    const done = fresh.filter(({ index }) => "done" in results[index]!);
    const left = {
      entries: done.flatMap((each) => each.left.entries),
      jobs: done.flatMap((each) => each.left.jobs),
    };
    const answered = taken.filter(({ index }) => "done" in results[index]! && items[index]!.keep === null);
    await Promise.all([
      refused.length > 0 ? unclaim(client, refused) : undefined,
      answered.length > 0 ? keepAnswers(client, answered, items) : undefined,
      ...writes,
      writeLeft(client, now, left, deps.ids),
    ]);
    made = left.jobs;
    return results;
  });
  if (made.length > 0) deps.jobs.committed(made);
  return outcomes;
}

function claimsOf(items: readonly ManyItem[]): Claim[] {
  const claims: Claim[] = [];
  for (const [index, { source }] of items.entries()) {
    const key = idempotencyKey(source.headers);
    if (key !== null)
      claims.push({ scope: idempotencyScope(source.caller), key, print: fingerprint(source), index });
  }
  return claims;
}

/**
 * Takes the keys, in one order everywhere; whoever had one before gets what was kept, or CONFLICT.
 *
 * @returns those taken now: only they may be given up again.
 */
async function claim(
  client: PoolClient,
  items: readonly ManyItem[],
  claims: readonly Claim[],
  now: Date,
  results: ManyOutcome[],
): Promise<readonly Claim[]> {
  if (claims.length === 0) return claims;
  const { rows: taken } = await client.query<{ scope: string; key: string }>({
    name: "claim_keys",
    text: `insert into idempotency_keys (scope, key, operation, fingerprint, answer, created_at)
      select scope, key, operation, fingerprint, answer, $6
      from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
        as new (scope, key, operation, fingerprint, answer)
      order by scope, key on conflict do nothing returning scope, key`,
    values: [
      claims.map((each) => each.scope),
      claims.map((each) => each.key),
      claims.map(({ index }) => items[index]!.source.operation),
      claims.map((each) => each.print),
      claims.map(({ index }) => items[index]!.keep),
      now,
    ],
  });
  if (taken.length === claims.length) return claims;
  const ours = new Set(taken.map(({ scope, key }) => `${scope} ${key}`));
  const isOurs = ({ scope, key }: Claim) => ours.has(`${scope} ${key}`);
  const known = claims.filter((each) => !isOurs(each));
  const { rows } = await client.query<{
    scope: string;
    key: string;
    fingerprint: string;
    answer: string | null;
  }>(
    `select scope, key, fingerprint, answer from idempotency_keys
     where (scope, key) in (select * from unnest($1::text[], $2::text[]))`,
    [known.map((each) => each.scope), known.map((each) => each.key)],
  );
  const kept = new Map(rows.map((row) => [`${row.scope} ${row.key}`, row]));
  for (const { scope, key, print, index } of known) {
    const row = kept.get(`${scope} ${key}`);
    results[index] =
      row !== undefined && row.fingerprint === print
        ? { replay: parseJson(row.answer ?? "null") }
        : { error: keyReused() };
  }
  return claims.filter(isOurs);
}

async function unclaim(client: PoolClient, claims: readonly Claim[]): Promise<void> {
  await client.query(
    `delete from idempotency_keys
     where (scope, key) in (select * from unnest($1::text[], $2::text[]))`,
    [claims.map((each) => each.scope), claims.map((each) => each.key)],
  );
}

async function keepAnswers(
  client: PoolClient,
  claims: readonly Claim[],
  items: readonly ManyItem[],
): Promise<void> {
  await client.query({
    name: "keep_answers",
    text: `update idempotency_keys set answer = new.answer
     from unnest($1::text[], $2::text[], $3::text[]) as new (scope, key, answer)
     where idempotency_keys.scope = new.scope and idempotency_keys.key = new.key`,
    values: [
      claims.map((each) => each.scope),
      claims.map((each) => each.key),
      claims.map(({ index }) => items[index]!.answer ?? "null"),
    ],
  });
}
