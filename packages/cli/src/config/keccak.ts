import { keccak_256 } from "@noble/hashes/sha3";

export function keccak256(bytes: Uint8Array): `0x${string}` {
  return `0x${Buffer.from(keccak_256(bytes)).toString("hex")}`;
}

/** An address with its checksum in the case of its letters (EIP-55). */
export function checksum(address: string): `0x${string}` {
  const lower = address.slice(2).toLowerCase();
  const hash = keccak256(new TextEncoder().encode(lower)).slice(2);
  return `0x${[...lower].map((digit, index) => (Number.parseInt(hash[index]!, 16) > 7 ? digit.toUpperCase() : digit)).join("")}`;
}
