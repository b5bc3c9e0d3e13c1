import { setTimeout as delay } from "node:timers/promises";
import type { Market } from "../kit/market.ts";
import { conservation } from "./conservation.ts";

/** Looks at the sums of the ledger every while: a difference is an error in the log and in the metrics. */

export type Books = { start(): void; stop(): Promise<void> };

export function createBooks(market: Market): Books {
  const { config, database, logger, metrics } = market;
  const stopping = new AbortController();
  const difference = metrics.gauge(
    "market_payments_difference",
    "Base units by which paid in differs from held, releasing, released, frozen and refunded, all tokens; must be 0",
  );
  const open = metrics.gauge(
    "market_payments_open_proofs",
    "Transactions whose outcome the chain has not told",
  );
  const owed = metrics.gauge("market_payments_refunds_owed", "Refunds whose repayment was not found yet");
  let loop: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    try {
      const sums = await conservation(database.pool);
      difference.set(sums.reduce((total, each) => total + Number(each.difference), 0));
      for (const each of sums)
        if (each.difference !== "0") logger.error({ sums: each }, "the sums of the payments do not agree");
      const { rows } = await database.pool.query<{ open: number; owed: number }>(
        `select (select count(*) from payment_proofs where state = 'unknown') as open,
           (select count(*) from market_payments where status = 'refunded' and raw_amount is not null
              and refund->>'transactionHash' is null) as owed`,
      );
      open.set(rows[0]?.open ?? 0);
      owed.set(rows[0]?.owed ?? 0);
    } catch (error) {
      if (!stopping.signal.aborted) logger.warn({ err: error }, "the sums of the payments cannot be read");
    }
  }

  return {
    start() {
      loop = (async () => {
        while (!stopping.signal.aborted) {
          await look();
          await delay(config.PEAQOS_PAYMENT_CONSERVATION_SECONDS * 1000, undefined, {
            signal: stopping.signal,
            ref: false,
          }).catch(() => undefined);
        }
      })();
    },
    async stop() {
      stopping.abort();
      await loop;
    },
  };
}
