import type { ValueType } from "./types.ts";

/** Free text, not empty. */
export const text = (hint = "TEXT"): ValueType<string> => ({
  hint,
  rule: "must not be empty",
  parse: (raw) => (raw.trim() === "" ? undefined : raw),
});

/** A path; whether it can be read is found out by the command. */
export const path = (hint = "FILE"): ValueType<string> => ({
  ...text(hint),
  rule: "must name a file",
  file: true,
});

/** A whole number within limits, of any size. */
export function integer(hint: string, { min, max }: { min: bigint; max?: bigint }): ValueType<bigint> {
  return {
    hint,
    rule: `must be a whole number${min === 0n ? ", 0 or more" : ` of at least ${min}`}${max === undefined ? "" : `, at most ${max}`}`,
    parse: (raw) => {
      if (!/^\d{1,100}$/.test(raw)) return undefined;
      const value = BigInt(raw);
      return value < min || (max !== undefined && value > max) ? undefined : value;
    },
  };
}

/** A whole number that fits a JavaScript number, also below zero (`--shift=-3600`). */
export function smallInteger(hint: string, min: number, max: number): ValueType<number> {
  return {
    hint,
    rule: `must be a whole number from ${min} to ${max}`,
    parse: (raw) => {
      if (!/^[+-]?\d{1,16}$/.test(raw)) return undefined;
      const value = Number(raw);
      return value < min || value > max ? undefined : value;
    },
  };
}

export const UINT256_MAX = 2n ** 256n - 1n;

export const machineId: ValueType<bigint> = integer("N", { min: 1n, max: UINT256_MAX });

export function choice<const C extends readonly string[]>(choices: C): ValueType<C[number]> {
  return {
    hint: choices.join("|"),
    rule: `must be one of ${choices.join(", ")}`,
    parse: (raw) => (choices.includes(raw) ? (raw as C[number]) : undefined),
    choices,
  };
}

export const address: ValueType<`0x${string}`> = {
  hint: "0xADDRESS",
  rule: "must be 0x and 40 hexadecimal digits",
  parse: (raw) => (/^0x[0-9a-fA-F]{40}$/.test(raw) ? (raw as `0x${string}`) : undefined),
};

export const did: ValueType<string> = {
  hint: "DID",
  rule: "must be did:peaq:0x and 40 hexadecimal digits",
  parse: (raw) => (/^did:peaq:0x[0-9a-fA-F]{40}$/.test(raw) ? raw : undefined),
};

/** A transaction hash; `0x` may be left out, the answer is lower case with it. */
export const txHash: ValueType<`0x${string}`> = {
  hint: "0xHASH",
  rule: "must be a transaction hash: 64 hexadecimal digits, 0x in front allowed",
  parse: (raw) =>
    /^(0x)?[0-9a-fA-F]{64}$/.test(raw) ? `0x${raw.replace(/^0x/, "").toLowerCase()}` : undefined,
};

/** ISO 4217 shape; whether a currency is rated is the rating service's business. */
export const currency: ValueType<string> = {
  hint: "CODE",
  rule: "must be 3 to 10 capital letters or digits (^[A-Z0-9]{3,10}$), as USD, EUR or JPY",
  parse: (raw) => (/^[A-Z0-9]{3,10}$/.test(raw) && !raw.includes("\n") ? raw : undefined),
};

const ISO = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(Z|z|[+-]\d{2}:?\d{2})$/;

/** Unix seconds, or ISO 8601 with a zone. Parts of a second are cut. */
export const timestamp: ValueType<bigint> = {
  hint: "TIME",
  rule: "must be Unix seconds (1776945600) or ISO 8601 with a time zone (2026-04-23T12:00:00Z, ...+02:00)",
  parse: parseTimestamp,
};

export function parseTimestamp(raw: string): bigint | undefined {
  if (/^\d{1,15}$/.test(raw)) {
    const seconds = BigInt(raw);
    return seconds > 0n ? seconds : undefined;
  }
  const match = ISO.exec(raw);
  if (!match) return undefined;
  const [year, month, day, hour, minute, second = 0] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number?,
  ];
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  // Date rolls 31 February over; a date that does not come back as written never existed.
  const kept =
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  const offset = zoneOffset(match[7]!);
  if (!kept || offset === undefined) return undefined;
  const seconds = BigInt(date.getTime() / 1000 - offset);
  return seconds > 0n ? seconds : undefined;
}

/** Seconds east of UTC for `Z`, `+02:00` or `-0530`. */
export function zoneOffset(zone: string): number | undefined {
  if (zone === "Z" || zone === "z") return 0;
  const match = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  if (!match) return undefined;
  const [hours, minutes] = [Number(match[2]), Number(match[3])];
  if (hours > 14 || minutes > 59) return undefined;
  return (match[1] === "-" ? -1 : 1) * (hours * 3600 + minutes * 60);
}

/** An http(s) address with a host, ASCII, at most 2560 bytes (what a DID attribute holds). */
export const url: ValueType<string> = {
  hint: "URL",
  rule: "must be an http:// or https:// address in ASCII of at most 2560 bytes",
  parse: (raw) => (isHttpUrl(raw) && raw.length <= 2560 ? raw : undefined),
};

export function isHttpUrl(raw: string): boolean {
  if (/[^\u0021-\u007e]/.test(raw) || !/^https?:\/\//i.test(raw)) return false;
  try {
    const parsed = new URL(raw);
    return parsed.hostname !== "";
  } catch {
    return false;
  }
}
