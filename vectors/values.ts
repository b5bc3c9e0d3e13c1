import { bytesToHex } from "viem";

/** Values of the vector files, between JSON and JavaScript. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

// biome-ignore lint/suspicious/noExplicitAny: vectors hold wrong types on purpose
export type Any = any;

/** Values as JavaScript has them: bytes, big integers, floats; lists written as "repeat, times". */
export function decode(value: Json): Any {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$hex === "string") return Uint8Array.from(Buffer.from(value.$hex, "hex"));
  if (typeof value.$int === "string") return BigInt(value.$int);
  if (typeof value.$float === "string") return Number(value.$float);
  if (Array.isArray(value.$tuple)) return value.$tuple.map(decode);
  if ("repeat" in value && "times" in value) {
    const times = Number(value.times);
    return typeof value.repeat === "string" ? value.repeat.repeat(times) : Array(times).fill(value.repeat);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decode(inner)]));
}

/** What to compare: big integers as numbers where they fit, bytes as hex, no undefined. */
export function plain(value: Any): Any {
  if (typeof value === "bigint")
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Uint8Array) return bytesToHex(value).slice(2);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [key, plain(inner)]),
  );
}
