import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "@peaqos/service-kit";
import type { Logger } from "pino";
import type { Prices } from "./follow/prepare-range.ts";
import { fetchedBook, httpFxSource } from "./fx/http.ts";
import { dayOfDate, ecbSnapshot } from "./fx/snapshot.ts";
import type { FetchedRates, RateBook } from "./fx/types.ts";
import { dayOf } from "./score/figures.ts";
import { reprice } from "./verdicts/reprice.ts";

/** Exchange rates of this deployment: the shipped snapshot, and what an optional source knows beyond it. */

export type Rates = Prices & {
  /** Asks the source for the days the snapshot lacks, now and every few hours, until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
};

const refreshMs = 6 * 3_600_000;
/** Days asked for at most in one go: the latest ones matter. */
const maxDays = 400;

export async function createRates(options: {
  database: Database<unknown>;
  url: string | undefined;
  logger: Logger;
  now: () => number;
}): Promise<Rates> {
  const { database, logger, now } = options;
  const snapshot = ecbSnapshot();
  if (options.url === undefined) return { books: [snapshot], version: 0, run: async () => undefined };
  const source = httpFxSource(options.url);
  let current = fetchedBook(await stored(database));
  const fetched: RateBook = { source: "http", pairOn: (currency, day) => current.pairOn(currency, day) };
  const books = [snapshot, fetched];
  let version = 0;

  /** @returns the oldest day that has rates now and had none before. */
  async function fetchMissing(signal: AbortSignal): Promise<number | null> {
    const today = dayOf(now() / 1_000);
    const { rows } = await database.pool.query<{ day: number }>("select day from fx_rates");
    const known = new Set(rows.map((row) => row.day));
    let oldest: number | null = null;
    for (let day = Math.max(snapshotEnd() + 1, today - maxDays); day <= today && !signal.aborted; day++) {
      if (known.has(day)) continue;
      const rates = await source.ratesOn(day, signal);
      // On a day without rates of its own the source gives those of an earlier day.
      const date = rates === null ? null : dayOfDate(rates.date);
      if (rates === null || date === null || known.has(date)) continue;
      known.add(date);
      await database.pool.query(
        "insert into fx_rates (day, date, rates) values ($1, $2, $3) on conflict (day) do nothing",
        [date, rates.date, JSON.stringify(rates.rates)],
      );
      oldest = Math.min(oldest ?? date, date);
    }
    return oldest;
  }

  /** What an interrupted run left undone is done too: the first time all days beyond the snapshot are looked at. */
  async function refresh(signal: AbortSignal, isFirst: boolean): Promise<void> {
    let oldest: number | null = null;
    try {
      oldest = await fetchMissing(signal);
    } finally {
      current = fetchedBook(await stored(database));
      version += 1;
      const from = isFirst ? snapshotEnd() + 1 : oldest;
      const changed = from === null ? 0 : await reprice(database, books, from);
      if (changed > 0) logger.info({ changed }, "amounts follow newer exchange rates");
    }
  }

  /** Last day of the snapshot: the dollar has a rate on every one of its days. */
  function snapshotEnd(): number {
    return snapshot.pairOn("EUR", Number.MAX_SAFE_INTEGER)?.day ?? 0;
  }

  return {
    books,
    get version() {
      return version;
    },
    async run(signal) {
      for (let isFirst = true; !signal.aborted; isFirst = false) {
        await refresh(signal, isFirst).catch((error: unknown) => {
          if (!signal.aborted) logger.warn({ err: error }, "no newer exchange rates");
        });
        await delay(refreshMs, undefined, { signal }).catch(() => undefined);
      }
    },
  };
}

async function stored(database: Database<unknown>): Promise<FetchedRates[]> {
  const { rows } = await database.pool.query<{ date: string; rates: string }>(
    "select date, rates from fx_rates",
  );
  return rows.map((row) => ({ date: row.date, rates: JSON.parse(row.rates) as Record<string, string> }));
}
