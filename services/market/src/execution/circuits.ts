import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import { fail } from "../kit/errors.ts";
import type { Market } from "../kit/market.ts";

/**
 * Sellers that cannot be reached are left alone for a while, so that buyers get an answer at once and the seller can
 * come back. Closed until so many transport failures in a row; then open until a time that doubles with each opening;
 * then half open: one order goes through as the probe. Shared by the replicas through the database.
 */
export type Circuits = {
  /**
   * Lets an execution begin, in its transaction. Takes the probe when one is due.
   *
   * @throws HttpError ENDPOINT_UNREACHABLE with details.retryAt while the seller is left alone.
   */
  admit(client: PoolClient, origin: string, now: Date): Promise<void>;
  failed(origin: string): Promise<void>;
  succeeded(origin: string): Promise<void>;
};

/** Pauses double at most so often. */
const maxDoublings = 5;
/** A seller known to have no failures is not asked about again for so long: a success costs nothing then. */
const cleanMs = 1_000;

export function createCircuits({ database, clock, config }: Market): Circuits {
  const threshold = config.PEAQOS_EXECUTION_BREAKER_FAILURES;
  const pauseMs = config.PEAQOS_EXECUTION_BREAKER_SECONDS * 1_000;
  /** When a seller was last seen without a row. */
  const clean = new Map<string, number>();
  const isClean = (origin: string, now: Date) => {
    const age = now.getTime() - (clean.get(origin) ?? Number.NEGATIVE_INFINITY);
    return age >= 0 && age < cleanMs;
  };
  return {
    async admit(client, origin, now) {
      if (isClean(origin, now)) return;
      const { rows } = await client.query<{ failures: number; open_until: Date | null }>(
        "select failures, open_until from seller_circuits where origin = $1",
        [origin],
      );
      if (rows.length === 0) clean.set(origin, now.getTime());
      const until = rows[0]?.open_until ?? null;
      if (until === null) return;
      // Of several that come when the time is over, one gets the row: the others see a new time.
      const probe = await client.query(
        "update seller_circuits set open_until = $2, updated_at = $3 where origin = $1 and open_until <= $3",
        [origin, new Date(now.getTime() + pauseMs), now],
      );
      if (probe.rowCount === 1) return;
      const retryAt = (until > now ? until : new Date(now.getTime() + pauseMs)).toISOString();
      throw fail(
        "ENDPOINT_UNREACHABLE",
        `the seller did not answer ${rows[0]?.failures} times in a row and is left alone until ${retryAt}`,
        { reason: "circuit_open", retryAt },
      );
    },
    async failed(origin) {
      const now = clock.now();
      clean.delete(origin);
      await guarded(() =>
        database.pool.query(
          `insert into seller_circuits as kept (origin, failures, opened, open_until, updated_at)
           values ($1, 1, case when $3 <= 1 then 1 else 0 end,
             case when $3 <= 1 then $2::timestamptz + $4 * interval '1 millisecond' end, $2)
           on conflict (origin) do update set
             failures = kept.failures + 1,
             opened = kept.opened + case when kept.failures + 1 >= $3 then 1 else 0 end,
             open_until = case when kept.failures + 1 >= $3
               then $2::timestamptz + $4 * power(2, least(kept.opened, ${maxDoublings})) * interval '1 millisecond' end,
             updated_at = $2`,
          [origin, now, threshold, pauseMs],
        ),
      );
    },
    async succeeded(origin) {
      const now = clock.now();
      if (isClean(origin, now)) return;
      await guarded(() => database.pool.query("delete from seller_circuits where origin = $1", [origin]));
      clean.set(origin, now.getTime());
    },
  };
}
