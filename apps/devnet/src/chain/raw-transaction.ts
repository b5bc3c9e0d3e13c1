import type { Address, Hex, TransactionSerialized } from "viem";
import { recoverTransactionAddress } from "viem";

/**
 * The `to` of a signed transaction in hex, read straight from its RLP: a full decode would cost more than the
 * gateway's whole share of a write. `undefined` when it creates a contract or cannot be read (the node then says why).
 */
export function rawTransactionTarget(raw: string): Address | undefined {
  // Fields before `to`: legacy has nonce, gasPrice, gas; type 1 has a chain id more; types 2, 3, 4 have two more.
  const type = raw.length > 4 ? Number.parseInt(raw.slice(2, 4), 16) : Number.NaN;
  if (Number.isNaN(type)) return undefined;
  const legacy = type >= 0xc0;
  const skip = legacy ? 3 : type === 1 ? 4 : type >= 2 && type <= 4 ? 5 : -1;
  if (skip < 0) return undefined;
  let at = listStart(raw, legacy ? 2 : 4);
  for (let field = 0; field < skip && at > 0; field++) at = afterItem(raw, at);
  if (at < 0 || raw.slice(at, at + 2).toLowerCase() !== "94" || raw.length < at + 42) return undefined;
  return `0x${raw.slice(at + 2, at + 42).toLowerCase()}`;
}

/** Position (in hex digits) of the first item of the list that starts at `at`, or -1. */
function listStart(raw: string, at: number): number {
  const head = Number.parseInt(raw.slice(at, at + 2), 16);
  if (!(head >= 0xc0)) return -1;
  return head <= 0xf7 ? at + 2 : at + 2 + (head - 0xf7) * 2;
}

function afterItem(raw: string, at: number): number {
  const head = Number.parseInt(raw.slice(at, at + 2), 16);
  if (Number.isNaN(head) || head >= 0xc0) return -1;
  if (head < 0x80) return at + 2;
  if (head <= 0xb7) return at + 2 + (head - 0x80) * 2;
  const digits = (head - 0xb7) * 2;
  const length = Number.parseInt(raw.slice(at + 2, at + 2 + digits), 16);
  return Number.isNaN(length) ? -1 : at + 2 + digits + length * 2;
}

/** Who signed it; undefined when the signature is no good (the node then says why). */
export async function senderOf(raw: Hex): Promise<Address | undefined> {
  try {
    return await recoverTransactionAddress({ serializedTransaction: raw as TransactionSerialized });
  } catch {
    return undefined;
  }
}
