import { timingSafeEqual } from "node:crypto";
import { type Address, getAddress, keccak256 } from "viem";
import { type Curve, fastestCurve } from "./curve.ts";

/**
 * Who signed a text with EIP-191 `personal_sign`. Only key pairs: signatures of contracts (ERC-1271) are not taken.
 *
 * 65 bytes `r || s || v`, v 0, 1, 27 or 28. `s` must lie in the lower half of the curve's order, as EIP-2 demands of
 * Ethereum's own signatures: every wallet makes it so, and a signature has one spelling only.
 */

const form = /^0x[0-9a-fA-F]{130}$/;
/** Half of the curve's order, the largest `s` of EIP-2. */
const halfOrder = Buffer.from("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", "hex");

export type Recovered =
  | { readonly ok: true; readonly address: Address }
  | { readonly ok: false; readonly problem: "malformed" | "high_s" | "no_key" };

/** EIP-191, version 0x45: what `personal_sign` hashes. */
function prefixed(message: string): Uint8Array {
  const text = Buffer.from(message, "utf8");
  return Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${text.length}`), text]);
}

/**
 * @param signature `0x` and 130 hexadecimal digits; white space around it is dropped, since it is pasted by people.
 * @example
 * recoverSigner("hello", await account.signMessage({ message: "hello" })); // { ok: true, address: account.address }
 */
export function recoverSigner(message: string, signature: string, curve: Curve = fastestCurve): Recovered {
  const text = signature.trim();
  if (!form.test(text)) return { ok: false, problem: "malformed" };
  const bytes = new Uint8Array(Buffer.from(text.slice(2), "hex"));
  const v = bytes[64] ?? 255;
  const recovery = v >= 27 ? v - 27 : v;
  if (recovery !== 0 && recovery !== 1) return { ok: false, problem: "malformed" };
  const rs = bytes.subarray(0, 64);
  if (Buffer.compare(rs.subarray(32), halfOrder) > 0) return { ok: false, problem: "high_s" };
  const digest = keccak256(prefixed(message), "bytes");
  const point = curve.recover(new Uint8Array(rs), recovery, digest);
  if (point === null) return { ok: false, problem: "no_key" };
  const hash = keccak256(point.subarray(1), "bytes");
  return { ok: true, address: getAddress(`0x${Buffer.from(hash.subarray(12)).toString("hex")}`) };
}

/** Compares two addresses in any letter case, in constant time. */
export function sameAddress(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left.toLowerCase()), Buffer.from(right.toLowerCase())];
  return a.length === b.length && timingSafeEqual(a, b);
}
