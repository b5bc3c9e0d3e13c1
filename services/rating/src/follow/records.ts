import type { Hex } from "viem";

/**
 * Reading of `EventRegistry.getEvents` answers. The bulk of all bytes the follower sees passes here, so it reads the
 * hex text directly; a general ABI decoder is an order of magnitude slower. A test compares both.
 */

/** `MachineEvent` of the registry. */
export type EventRecord = {
  readonly machineId: bigint;
  readonly eventType: number;
  readonly value: bigint;
  readonly timestamp: bigint;
  readonly dataHash: Hex;
  readonly trustLevel: number;
  readonly sourceChainId: bigint;
  readonly sourceTxHash: Hex;
  readonly metadata: Hex;
  readonly currency: string;
};

/** The node's answer is not what the ABI says. */
export class MalformedAnswer extends Error {
  override readonly name = "MalformedAnswer";
}

const getEventsSelector = "0ea4e6a0";
const word = 64;

/** Calldata of `getEvents(machineId, offset, limit)`. */
export function encodeGetEvents(machineId: bigint, offset: number, limit: number): Hex {
  return `0x${getEventsSelector}${pad(machineId)}${pad(BigInt(offset))}${pad(BigInt(limit))}`;
}

/** One 32-byte word. */
export function pad(value: bigint): string {
  return value.toString(16).padStart(word, "0");
}

const zeros = "0".repeat(word);

/** The 32 bytes at `at`, as a number where that is exact. */
function readSmall(hex: string, at: number): number {
  if (at + word > hex.length) throw new MalformedAnswer("the answer ends early");
  if (hex.slice(at, at + 51) !== zeros.slice(0, 51))
    throw new MalformedAnswer("a length or offset is out of range");
  return Number.parseInt(hex.slice(at + 51, at + word), 16);
}

function readUint(hex: string, at: number): bigint {
  if (at + word > hex.length) throw new MalformedAnswer("the answer ends early");
  // Most values are small, and a number is read several times faster than a bigint.
  if (hex.startsWith(zeros.slice(0, 51), at))
    return BigInt(Number.parseInt(hex.slice(at + 51, at + word), 16));
  return BigInt(`0x${hex.slice(at, at + word)}`);
}

function readHash(hex: string, at: number): Hex {
  if (at + word > hex.length) throw new MalformedAnswer("the answer ends early");
  return `0x${hex.slice(at, at + word)}`;
}

/** Hex digits of a `bytes` or `string` whose length word is at `at`. */
function readBytes(hex: string, at: number): string {
  const digits = readSmall(hex, at) * 2;
  const start = at + word;
  if (start + digits > hex.length) throw new MalformedAnswer("the answer ends early");
  return hex.slice(start, start + digits);
}

/** @throws MalformedAnswer when the text is not an answer of `getEvents`. */
export function decodeEvents(answer: string): EventRecord[] {
  if (!answer.startsWith("0x")) throw new MalformedAnswer("the answer is not hex");
  const hex = answer.slice(2);
  const array = readSmall(hex, 0) * 2;
  const count = readSmall(hex, array);
  const offsets = array + word;
  if (count * word > hex.length) throw new MalformedAnswer("the answer ends early");
  const records = new Array<EventRecord>(count);
  for (let i = 0; i < count; i++) {
    const at = offsets + readSmall(hex, offsets + i * word) * 2;
    records[i] = {
      machineId: readUint(hex, at),
      eventType: readSmall(hex, at + word),
      value: readUint(hex, at + 2 * word),
      timestamp: readUint(hex, at + 3 * word),
      dataHash: readHash(hex, at + 4 * word),
      trustLevel: readSmall(hex, at + 5 * word),
      sourceChainId: readUint(hex, at + 6 * word),
      sourceTxHash: readHash(hex, at + 7 * word),
      metadata: `0x${readBytes(hex, at + readSmall(hex, at + 8 * word) * 2)}`,
      currency: textOf(readBytes(hex, at + readSmall(hex, at + 9 * word) * 2)),
    };
  }
  return records;
}

const knownTexts = new Map<string, string>();

/** UTF-8 text of hex digits. Currencies repeat, so the few that occur are kept. */
export function textOf(digits: string): string {
  let text = knownTexts.get(digits);
  if (text === undefined) {
    text = Buffer.from(digits, "hex").toString("utf8");
    if (knownTexts.size < 1_000) knownTexts.set(digits, text);
  }
  return text;
}
