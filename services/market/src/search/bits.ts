/**
 * Sets of ordinals below a fixed size, as bits of 32-bit words. A set with few members is kept as a list instead, and
 * becomes bits where it meets another.
 */

export type Bits = Uint32Array<ArrayBuffer>;

/** Members of one word of an inverted index. */
export type Members =
  | { readonly count: number; readonly bits: Bits }
  | { readonly count: number; readonly list: Uint32Array };

export const noMembers: Members = { count: 0, list: new Uint32Array(0) };

/** Words that `size` ordinals need. */
export const wordsFor = (size: number): number => (size + 31) >>> 5;

/** @param ordinals ascending, without repetition. */
export function membersOf(ordinals: readonly number[], words: number): Members {
  // As bits a set costs `words` to walk, as a list its length.
  if (ordinals.length < words) return { count: ordinals.length, list: Uint32Array.from(ordinals) };
  const bits = new Uint32Array(words);
  for (const ordinal of ordinals) bits[ordinal >>> 5]! |= 1 << (ordinal & 31);
  return { count: ordinals.length, bits };
}

/** Adds the members to `target`. */
export function unite(target: Bits, members: Members): void {
  if ("bits" in members) for (let w = 0; w < target.length; w++) target[w]! |= members.bits[w]!;
  else for (const ordinal of members.list) target[ordinal >>> 5]! |= 1 << (ordinal & 31);
}

/** Takes the members out of `target`. */
export function subtract(target: Bits, members: Members): void {
  if ("bits" in members) for (let w = 0; w < target.length; w++) target[w]! &= ~members.bits[w]!;
  else for (const ordinal of members.list) target[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
}

/** Keeps in `target` what is in `other` as well. */
export function intersect(target: Bits, other: Bits): void {
  for (let w = 0; w < target.length; w++) target[w]! &= other[w]!;
}

/** Makes `target` hold exactly the members. */
export function assign(target: Bits, members: Members): void {
  if ("bits" in members) target.set(members.bits);
  else {
    target.fill(0);
    unite(target, members);
  }
}

/** Makes `target` hold every ordinal below `size`. */
export function assignAll(target: Bits, size: number): void {
  target.fill(0xffffffff);
  if ((size & 31) !== 0) target[target.length - 1] = (1 << (size & 31)) - 1;
}

/** How many are in the set. */
export function countOf(bits: Bits): number {
  let count = 0;
  for (let w = 0; w < bits.length; w++) {
    let v = bits[w]!;
    if (v === 0) continue;
    v -= (v >>> 1) & 0x55555555;
    v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
    count += (((v + (v >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
  }
  return count;
}
