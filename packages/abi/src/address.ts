/** A 20-byte address as 0x-prefixed hex (the same type as viem's, without depending on it). */
export type Address = `0x${string}`;
