/** What an event's amount is worth in US cents: exact rational arithmetic on published decimal rates. */
import { digitsOf } from "./iso4217.ts";
import type { RateBook, RatePair, UsdAmount } from "./types.ts";

/** A rate up to this many days older than the event counts in full. */
export const FRESH_DAYS = 7;
/** Percent of the amount that the score counts when only an older rate exists. */
export const STALE_PERCENT = 80n;

/** `numerator / denominator` rounded to the nearest integer, halves up; neither is negative. */
function roundHalfUp(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

/** cents = value / 10^digits * usdPerEur / currencyPerEur * 100 */
function toCents(value: bigint, digits: number, pair: RatePair): bigint {
  const { currency, usd } = pair;
  const numerator = value * usd.mantissa * 100n * (currency === null ? 1n : 10n ** BigInt(currency.scale));
  const denominator = 10n ** BigInt(digits + usd.scale) * (currency === null ? 1n : currency.mantissa);
  return roundHalfUp(numerator, denominator);
}

/**
 * The dollar amount of a revenue event and what the score counts of it (docs/rating.md, "Dollars").
 *
 * @param value the event's value in minor units of `currency`, 0 or more
 * @param currency as recorded; only ISO 4217 codes in capitals are known
 * @param timestamp the event's own time, Unix seconds
 * @param books asked in turn; the newest day wins, of equal days the first book
 * @example toUsd(1_000n, "JPY", 1_609_372_800, [ecbSnapshot()]).usd // 970n: 1,000 yen on 2020-12-31
 */
export function toUsd(
  value: bigint,
  currency: string,
  timestamp: number,
  books: readonly RateBook[],
): UsdAmount {
  const digits = digitsOf(currency);
  if (digits === null) {
    return {
      usd: null,
      status: "unsupported_currency",
      source: null,
      degraded: false,
      scoringCents: 0n,
      subunit: null,
      rateDay: null,
    };
  }
  const subunit = 10 ** digits;
  if (currency === "USD") {
    return {
      usd: value,
      status: "ok",
      source: "identity",
      degraded: false,
      scoringCents: value,
      subunit,
      rateDay: null,
    };
  }
  const day = Math.floor(timestamp / 86_400);
  let best: { pair: RatePair; source: RateBook["source"] } | null = null;
  for (const book of books) {
    const pair = book.pairOn(currency, day);
    if (pair !== null && (best === null || pair.day > best.pair.day)) best = { pair, source: book.source };
  }
  if (best === null) {
    return {
      usd: null,
      status: "fx_unavailable",
      source: "default_usd_fx_outage",
      degraded: true,
      scoringCents: 0n,
      subunit,
      rateDay: null,
    };
  }
  const usd = toCents(value, digits, best.pair);
  const stale = day - best.pair.day > FRESH_DAYS;
  return {
    usd,
    status: "ok",
    source: stale ? "stale_latest" : best.source,
    degraded: stale,
    scoringCents: stale ? (usd * STALE_PERCENT) / 100n : usd,
    subunit,
    rateDay: best.pair.day,
  };
}
