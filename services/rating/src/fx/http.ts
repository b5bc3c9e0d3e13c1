/**
 * Optional source of rates newer than the snapshot: an HTTP service in the form of Frankfurter's API v1
 * (`GET {url}/2026-11-20?base=EUR` -> `{ "amount": 1, "base": "EUR", "date": "2026-11-20", "rates": { "USD": 1.1172, ... } }`).
 * The caller keeps each answer in its database and makes a book of the rows, so that a rating never waits for it.
 */
import { dayOfDate } from "./snapshot.ts";
import type { EurRate, FetchedRates, FxSource, RateBook } from "./types.ts";

const TIMEOUT_MS = 5_000;
const MAX_BYTES = 256 * 1024;
const CODE = /^[A-Z]{3}$/;
/** A positive decimal as JSON writes it, short enough to stay exact and cheap. */
const RATE = /^(?=.*[1-9])\d{1,12}(\.\d{1,12})?$/;

/** Reads decimals as their text: a float in between would not be exact. */
const parseExact = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/** ISO date of a day number. */
export function dateOfDay(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Error(`the exchange rate source sent more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Checks an answer; anything odd is an error, a rate that is not a plain positive decimal is left out. */
export function parseRates(text: string, askedDay: number): FetchedRates {
  const body = parseExact(text, (_key, value, { source }) =>
    typeof value === "number" && source !== undefined ? source : value,
  ) as { amount?: unknown; base?: unknown; date?: unknown; rates?: unknown } | null;
  const refuse = (what: string): never => {
    throw new Error(`the exchange rate source's answer cannot be used: ${what}`);
  };
  if (typeof body !== "object" || body === null) return refuse("it is not an object");
  const { amount, base, date, rates } = body;
  if (base !== "EUR") return refuse(`base is ${JSON.stringify(base)}, expected "EUR"`);
  if (amount !== undefined && Number(amount) !== 1)
    return refuse(`amount is ${JSON.stringify(amount)}, expected 1`);
  if (typeof date !== "string" || !/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(dayOfDate(date))) {
    return refuse(`date is ${JSON.stringify(date)}, expected YYYY-MM-DD`);
  }
  if (dayOfDate(date) > askedDay)
    return refuse(`date ${date} lies after the day asked for, ${dateOfDay(askedDay)}`);
  if (typeof rates !== "object" || rates === null) return refuse("rates is not an object");
  const kept = Object.entries(rates).filter(
    (entry): entry is [string, string] =>
      CODE.test(entry[0]) && typeof entry[1] === "string" && RATE.test(entry[1]),
  );
  if (!kept.some(([code]) => code === "USD")) return refuse("it has no rate for USD");
  return { date, rates: Object.fromEntries(kept) };
}

/**
 * A source that asks `url` (`PEAQOS_FX_URL`). No redirects, 5 seconds, 256 KiB.
 * `ratesOn` gives `null` when the source knows no rate on or before the day (404).
 *
 * @throws Error with what was wrong when the source is away or answers something else; nothing is cached here.
 */
export function httpFxSource(url: string, fetcher: typeof fetch = fetch): FxSource {
  const base = url.replace(/\/+$/, "");
  return {
    async ratesOn(day, signal) {
      const limit = AbortSignal.timeout(TIMEOUT_MS);
      const response = await fetcher(`${base}/${dateOfDay(day)}?base=EUR`, {
        redirect: "error",
        headers: { accept: "application/json" },
        signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      });
      if (response.status === 404) {
        await response.body?.cancel();
        return null;
      }
      if (!response.ok) {
        await response.body?.cancel();
        throw new Error(`the exchange rate source answered ${response.status}`);
      }
      return parseRates(await readLimited(response), day);
    },
  };
}

function exactRate(day: number, text: string): EurRate {
  const [whole, fraction = ""] = text.split(".");
  return { day, mantissa: BigInt(whole + fraction), scale: fraction.length };
}

/** A book of rows fetched earlier, in any order. */
export function fetchedBook(rows: Iterable<FetchedRates>): RateBook {
  const days = [...rows]
    .map((row) => ({ day: dayOfDate(row.date), rates: row.rates }))
    .sort((a, b) => a.day - b.day);
  /** Number of rows whose day is not after `day`. */
  const countTo = (day: number): number => {
    let [low, high] = [0, days.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (days[middle]!.day <= day) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    source: "http",
    pairOn(currency, day) {
      for (let i = countTo(day) - 1; i >= 0; i -= 1) {
        const row = days[i]!;
        const [own, usd] = [row.rates[currency], row.rates.USD];
        if (usd === undefined || (own === undefined && currency !== "EUR")) continue;
        return {
          day: row.day,
          currency: currency === "EUR" || own === undefined ? null : exactRate(row.day, own),
          usd: exactRate(row.day, usd),
        };
      }
      return null;
    },
  };
}
