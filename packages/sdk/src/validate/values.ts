import { isAddress, isHex } from "viem";
import { MAX_UINT256 } from "../constants.ts";
import { ValidationError } from "../errors/validation.ts";
import type { Address, Hex } from "../types.ts";

/** Rules for single values. Each returns the value in the form the rest of the SDK works with. */

const beyondNumber = "Numbers above 2^53 - 1 lose digits: pass a bigint.";

/** An integer of at least `min` and at most 2^256 - 1, as a bigint. */
export function checkUint(field: string, value: unknown, min: 0n | 1n = 0n): bigint {
  const constraint = min === 1n ? "a positive integer" : "an integer of 0 or more";
  let result: bigint;
  if (typeof value === "bigint") result = value;
  else if (typeof value === "number" && Number.isInteger(value)) {
    if (!Number.isSafeInteger(value))
      throw new ValidationError(field, constraint, value, { hint: beyondNumber });
    result = BigInt(value);
  } else throw new ValidationError(field, constraint, value);
  if (result < min) throw new ValidationError(field, constraint, value);
  if (result > MAX_UINT256) throw new ValidationError(field, "at most 2^256 - 1", value);
  return result;
}

/** A positive id of up to 256 bits. */
export function checkId(field: string, value: unknown): bigint {
  return checkUint(field, value, 1n);
}

/** 0x and 40 hexadecimal digits in any letter case. A wrong mixed-case checksum passes: old tools write those. */
export function checkAddress(field: string, value: unknown): Address {
  if (typeof value !== "string" || !isAddress(value, { strict: false }))
    throw new ValidationError(field, "an address (0x and 40 hexadecimal digits)", value);
  return value.toLowerCase() as Address;
}

/** An address other than zero. */
export function checkNonZeroAddress(field: string, value: unknown): Address {
  const address = checkAddress(field, value);
  if (/^0x0{40}$/.test(address)) throw new ValidationError(field, "an address other than zero", value);
  return address;
}

/** 0x and 64 hexadecimal digits. */
export function checkHash(field: string, value: unknown): Hex {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(value))
    throw new ValidationError(field, "0x and 64 hexadecimal digits", value);
  return value as Hex;
}

/** Bytes as 0x hex; both forms a caller may use are accepted. */
export function checkBytes(field: string, value: unknown): Hex {
  if (value instanceof Uint8Array) return bytesToHex(value);
  if (typeof value === "string" && isHex(value, { strict: true }) && value.length % 2 === 0) return value;
  throw new ValidationError(field, "bytes (a Uint8Array, or 0x hex)", value, {
    ...(typeof value === "string" && { hint: "For text, pass new TextEncoder().encode(text)." }),
  });
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function bytesToHex(bytes: Uint8Array): Hex {
  let text = "0x";
  for (const byte of bytes) text += hexPairs[byte];
  return text as Hex;
}

/** Number of bytes in 0x hex. */
export function hexSize(value: Hex): number {
  return (value.length - 2) / 2;
}

/** Printable or not, but one byte a character. */
export function isAscii(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole ASCII range is meant
  return /^[\x00-\x7f]*$/.test(text);
}
