import { z } from "zod";

/**
 * Integers as they travel in JSON. Small ones are numbers, larger ones bigints (see `parseJson`), so both are
 * accepted wherever a chain value can stand.
 */

const maxUint256 = 2n ** 256n - 1n;

/** A whole number from 0 to 2^256 - 1. In OpenAPI: `{ type: integer, minimum: 0 }`. */
export const uintSchema = z
  .union([z.int().min(0), z.bigint().min(0n).max(maxUint256)])
  .meta({ type: "integer", minimum: 0 });

/** Money in its smallest unit, from 0 up without bound: sums of chain values pass 2^256. */
export const amountSchema = z
  .union([z.int().min(0), z.bigint().min(0n)])
  .meta({ type: "integer", minimum: 0 });

/** A whole number of any sign and size. */
export const integerSchema = z.union([z.int(), z.bigint()]).meta({ type: "integer" });

/** Unix time in seconds. */
export const unixSecondsSchema = z.int().min(0);

/** An integer value of the wire: a number while it is safe, else a bigint. */
export type WireInteger = number | bigint;

/**
 * The wire form of a bigint: a number while that is exact, so that small values look the same to every reader.
 *
 * @example
 * toWire(42n); // 42
 * toWire(2n ** 64n); // 18446744073709551616n
 */
export function toWire(value: bigint): WireInteger {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}
