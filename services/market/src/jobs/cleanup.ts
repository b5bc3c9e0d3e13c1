import { every, type Periodic } from "../kit/every.ts";
import type { Market } from "../kit/market.ts";

/** Removes what has served: replays of writes and challenges after a day, finished jobs a little later. */

const hour = 3_600_000;
/** An `Idempotency-Key` is honoured for so long. */
export const keepAnswersMs = 24 * hour;
/** Longer than the answers: a replayed write waits for the same job. */
const keepJobsMs = 26 * hour;
const everyMs = hour / 6;
/** In pieces, so that no statement holds many rows for long. */
const batch = 5_000;

const steps = (now: Date): readonly [sql: string, before: Date][] => [
  [
    `delete from idempotency_keys where (scope, key) in (
       select scope, key from idempotency_keys where created_at < $1 limit ${batch})`,
    new Date(now.getTime() - keepAnswersMs),
  ],
  [
    `delete from jobs where id in (select id from jobs where done_at < $1 limit ${batch})`,
    new Date(now.getTime() - keepJobsMs),
  ],
  [
    `delete from identity_challenges where id in (
       select id from identity_challenges where expires_at < $1 limit ${batch})`,
    new Date(now.getTime() - keepAnswersMs),
  ],
];

/** @returns how many rows went. */
export async function cleanUp(market: Market): Promise<number> {
  let removed = 0;
  for (const [sql, before] of steps(market.clock.now())) {
    let count: number;
    do {
      count = (await market.database.pool.query(sql, [before])).rowCount ?? 0;
      removed += count;
    } while (count === batch);
  }
  return removed;
}

export function startCleanUp(market: Market): Periodic {
  return every(everyMs, "removing what is old", market.logger, async () => {
    await cleanUp(market);
  });
}
