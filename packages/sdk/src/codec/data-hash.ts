import { keccak256 } from "viem";
import type { Bytes, Hex } from "../types.ts";
import { checkBytes } from "../validate/values.ts";

/** What stands on chain where an event has no raw data or no source transaction. */
export const ZERO_HASH: Hex = `0x${"0".repeat(64)}`;

/**
 * keccak256 of the raw bytes of an event, as the chain stores it.
 *
 * @param rawData the bytes, as an array or 0x hex. Empty bytes have a hash too; `submitEvent` refuses them.
 * @returns `0x` and 64 digits.
 * @throws ValidationError when it is not bytes.
 * @example
 * ```ts
 * import { computeDataHash } from "@peaqos/peaq-os-sdk";
 * computeDataHash(new TextEncoder().encode("test"));
 * // 0x9c22ff5f21f0b81b113e63f7db6da94fedef11b2119b4088b89664fb9a3cb658
 * ```
 */
export function computeDataHash(rawData: Bytes): Hex {
  return keccak256(checkBytes("rawData", rawData));
}
