import { type Address, getAddress, type Hex } from "viem";
import { ratingError } from "../routes/errors.ts";

/** `did:peaq:0x…` in any letter case, or the bare address. */

export type Subject = {
  /** The address in lower case: how it is looked up. */
  readonly address: Hex;
  /** The DID as the caller wrote it. */
  readonly did: string;
};

const prefix = /^did:peaq:/i;
const addressText = /^0x[0-9a-f]{40}$/i;

/** @throws HttpError 400 with the published texts. */
export function parseSubject(text: string): Subject {
  const bare = text.trim().replace(prefix, "");
  if (bare === "") throw ratingError("emptyDid");
  if (!addressText.test(bare)) throw ratingError("invalidAddress");
  return { address: bare.toLowerCase() as Hex, did: prefix.test(text) ? text.trim() : `did:peaq:${bare}` };
}

/** The DID of an address, with the checksum's letter case. */
export function didOf(address: Address): string {
  return `did:peaq:${getAddress(address)}`;
}
