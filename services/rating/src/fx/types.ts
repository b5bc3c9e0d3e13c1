/** Money of the whole world to US cents, exactly. See rating.md section 1.1 in docs/rating.md. */

/**
 * Where a dollar amount comes from.
 * - `identity`: the event is in US dollars
 * - `ecb`: reference rate of the shipped snapshot, at most 7 days older than the event
 * - `http`: reference rate of the optional HTTP source, at most 7 days older
 * - `stale_latest`: the newest rate is more than 7 days older than the event (degraded)
 * - `default_usd_fx_outage`: no rate at all on or before the day; there is no dollar amount and none is invented (degraded)
 */
export type UsdSource = "identity" | "ecb" | "http" | "stale_latest" | "default_usd_fx_outage";

/** As published: what stands behind `usd_value`. */
export type AmountStatus = "ok" | "fx_unavailable" | "unsupported_currency";

/** A revenue event's amount in dollars. */
export type UsdAmount = {
  /** US cents, rounded half up; `null` unless `status` is `ok`. */
  readonly usd: bigint | null;
  readonly status: AmountStatus;
  /** `null` for a code that is not in ISO 4217. */
  readonly source: UsdSource | null;
  /** A stale or missing rate: the answer is marked `mcr_degraded`. */
  readonly degraded: boolean;
  /** What the score counts: `usd`, 80 % of it (rounded down) by a stale rate, 0 without an amount. */
  readonly scoringCents: bigint;
  /** Minor units of one unit of the currency (100, 1, 1000): `origin_subunit`. `null` for a code that is not in ISO 4217. */
  readonly subunit: number | null;
  /** Day (days since 1970) of the rate used; `null` for USD and without a rate. */
  readonly rateDay: number | null;
};

/** One published rate: units of the currency for 1 EUR, exact as published (`mantissa / 10^scale`). */
export type EurRate = { readonly day: number; readonly mantissa: bigint; readonly scale: number };

/** Rates of one day from a book: the currency and the dollar against the euro. */
export type RatePair = { readonly day: number; readonly currency: EurRate | null; readonly usd: EurRate };

/** Dated rates that can be asked without waiting. `null`: none on or before that day. */
export type RateBook = {
  /** `ecb` or `http`: becomes the label of amounts made with it. */
  readonly source: "ecb" | "http";
  /** The newest day not after `day` that has both the currency and the dollar. For EUR `currency` is `null`. */
  pairOn(currency: string, day: number): RatePair | null;
};

/** One day's rates from an HTTP source, in the shape to keep in the database. */
export type FetchedRates = {
  /** ISO date the source says the rates are of. */
  readonly date: string;
  /** Units for 1 EUR, decimal text as received. */
  readonly rates: Readonly<Record<string, string>>;
};

/** Optional source of rates newer than the snapshot. The caller keeps what it gets (one row per day). */
export type FxSource = { ratesOn(day: number, signal?: AbortSignal): Promise<FetchedRates | null> };
