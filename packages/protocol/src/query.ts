import { z } from "zod";

/** Pieces for query strings and paths, where everything arrives as text. */

/**
 * A whole number in a query string, between `min` and `max`. Text other than plain digits is refused, so `1e3`,
 * ` 5` and an empty value never turn into a number by accident.
 */
export function queryInteger(min: number, max: number) {
  const rule = `must be a whole number from ${min} to ${max}`;
  return z
    .preprocess(
      (value) => (typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value),
      z.int(rule).min(min, rule).max(max, rule),
    )
    .meta({ type: "integer", minimum: min, maximum: max });
}

const maxUint256 = 2n ** 256n - 1n;

/** A positive id of up to 256 bits in a path, as decimal digits; a bigint inside. */
export const pathIdSchema = z
  .preprocess(
    (value) => (typeof value === "string" && /^\d{1,78}$/.test(value) ? BigInt(value) : value),
    z.bigint("must be a positive integer").min(1n).max(maxUint256),
  )
  .meta({ type: "integer", minimum: 1 });

/** The last second of the year 9999. */
export const maxUnixSeconds = 253_402_300_799;

export const queryTimeSchema = queryInteger(0, maxUnixSeconds);
