import { every, type Periodic } from "../kit/every.ts";
import type { Market } from "../kit/market.ts";

/**
 * Removes what has served: replays of writes and challenges after a day, finished jobs a little later, the days' sums
 * of money after the days that the setting says.
 */

const hour = 3_600_000;
/** An `Idempotency-Key` is honoured for so long. */
export const keepAnswersMs = 24 * hour;
/** Longer than the answers: a replayed write waits for the same job. */
const keepJobsMs = 26 * hour;
const everyMs = hour / 6;
/** In pieces, so that no statement holds many rows for long. */
const batch = 5_000;

/**
 * Days of which no order can give anything back: cancelled and confirmed ones do not, a disputed one no more once its
 * payment is released. (A repayment after that finds no sum and needs none: nobody spends in a past day.) The order's
 * time finds it by its index; it was made on the day that it counts in.
 */
const oldDays = `delete from spend_days where (machine_id, subject, unit, day) in (
  select machine_id, subject, unit, day from spend_days
  where day < ($1::timestamptz at time zone 'utc')::date and not exists (
    select from market_orders
    left join market_payments on market_payments.order_id = market_orders.id
    where market_orders.machine_id = spend_days.machine_id and spend_held and spend_day = spend_days.day
      and market_orders.created_at >= spend_days.day::timestamp at time zone 'utc'
      and market_orders.created_at < (spend_days.day + 1)::timestamp at time zone 'utc'
      and market_orders.status not in ('cancelled', 'confirmed')
      and (market_orders.status <> 'disputed' or market_payments.status <> 'released'))
  limit ${batch})`;

const steps = (now: Date, keepDays: number): readonly [sql: string, before: Date][] => [
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
  [oldDays, new Date(now.getTime() - keepDays * 24 * hour)],
];

/** @returns how many rows went. */
export async function cleanUp(market: Market): Promise<number> {
  let removed = 0;
  for (const [sql, before] of steps(market.clock.now(), market.config.PEAQOS_SPEND_KEEP_DAYS)) {
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
