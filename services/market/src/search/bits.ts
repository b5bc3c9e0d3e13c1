/**
 * Sets of ordinals below a fixed size, as bits of 32-bit words. A set with few members is kept as a list instead, and
 * becomes bits where it meets another. Every operation works on a span of words and leaves the others alone.
 */

export type Bits = Uint32Array<ArrayBuffer>;

/** Words from, up to and not including, to. */
export type Span = { readonly from: number; readonly to: number };

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

/** Where in an ascending list the first ordinal of a word or later stands. */
function firstFrom(list: Uint32Array, word: number): number {
  const ordinal = word << 5;
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (list[middle]! < ordinal) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds the members to `target`. */
export function unite(target: Bits, members: Members, { from, to }: Span): void {
  if ("bits" in members) {
    for (let w = from; w < to; w++) target[w]! |= members.bits[w]!;
    return;
  }
  const { list } = members;
  for (let i = firstFrom(list, from); i < list.length && list[i]! >>> 5 < to; i++)
    target[list[i]! >>> 5]! |= 1 << (list[i]! & 31);
}

/** Takes the members out of `target`. */
export function subtract(target: Bits, members: Members, { from, to }: Span): void {
  if ("bits" in members) {
    for (let w = from; w < to; w++) target[w]! &= ~members.bits[w]!;
    return;
  }
  const { list } = members;
  for (let i = firstFrom(list, from); i < list.length && list[i]! >>> 5 < to; i++)
    target[list[i]! >>> 5]! &= ~(1 << (list[i]! & 31));
}

/** Keeps in `target` what is in `other` as well. */
export function intersect(target: Bits, other: Bits, { from, to }: Span): void {
  for (let w = from; w < to; w++) target[w]! &= other[w]!;
}

/** Takes one ordinal out. */
export function remove(target: Bits, ordinal: number): void {
  target[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
}

/** Puts one ordinal in. */
export function include(target: Bits, ordinal: number): void {
  target[ordinal >>> 5]! |= 1 << (ordinal & 31);
}

/** The words that hold the ordinals from `first` up to, not including, `end`. */
export function spanOf(first: number, end: number): Span {
  return first < end ? { from: first >>> 5, to: wordsFor(end) } : { from: 0, to: 0 };
}

/** Makes `target` hold every ordinal from `first` up to, not including, `end`, and no other one in its words. */
export function assignRange(target: Bits, first: number, end: number): void {
  if (first >= end) return;
  const { from, to } = spanOf(first, end);
  target.fill(0xffffffff, from, to);
  target[from]! &= 0xffffffff << (first & 31);
  if ((end & 31) !== 0) target[to - 1]! &= (1 << (end & 31)) - 1;
}

/** How many are in the set. */
export function countOf(bits: Bits, { from, to }: Span): number {
  let count = 0;
  for (let w = from; w < to; w++) {
    let v = bits[w]!;
    if (v === 0) continue;
    v -= (v >>> 1) & 0x55555555;
    v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
    count += (((v + (v >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
  }
  return count;
}
