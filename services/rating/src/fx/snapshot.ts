/** The shipped snapshot of the ECB's reference rates (data/README.md). Read on first use, each currency decoded on its first use. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { EurRate, RateBook, RatePair } from "./types.ts";

const FILE = new URL("../../data/ecb-rates.bin.gz", import.meta.url);
const NEWLINE = 10;

type Head = {
  readonly source: string;
  readonly package: string;
  readonly from: string;
  readonly to: string;
  readonly days: number;
  readonly currencies: readonly (readonly [code: string, scale: number, bytes: number])[];
};

type Column = {
  readonly scale: number;
  readonly mantissas: Int32Array;
  /** For each row the newest row up to it with a rate; -1 before the first. */
  readonly newest: Int16Array;
};

/** Day number (days since 1970) of an ISO date. */
export function dayOfDate(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000;
}

/** Differences as zigzag varints, see scripts/ecb-snapshot.py. */
function decode(bytes: Uint8Array, rows: number, scale: number): Column {
  const mantissas = new Int32Array(rows);
  const newest = new Int16Array(rows);
  let at = 0;
  let value = 0;
  let last = -1;
  for (let row = 0; row < rows; row += 1) {
    let zigzag = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = bytes[at]!;
      at += 1;
      zigzag |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    value += (zigzag >>> 1) ^ -(zigzag & 1);
    mantissas[row] = value;
    if (value !== 0) last = row;
    newest[row] = last;
  }
  return { scale, mantissas, newest };
}

/** Rates of the snapshot, and what it says about itself. */
export class Snapshot implements RateBook {
  readonly source = "ecb";
  readonly head: Head;
  private readonly days: Int32Array;
  private readonly packed: ReadonlyMap<string, { bytes: Uint8Array; scale: number }>;
  private readonly columns = new Map<string, Column>();

  constructor(file: Uint8Array) {
    const data = gunzipSync(file);
    const end = data.indexOf(NEWLINE);
    this.head = JSON.parse(data.toString("latin1", 0, end));
    let at = end + 1;
    let day = dayOfDate(this.head.from);
    this.days = Int32Array.from(data.subarray(at, at + this.head.days), (gap) => {
      day += gap;
      return day;
    });
    at += this.head.days;
    const packed = new Map<string, { bytes: Uint8Array; scale: number }>();
    for (const [code, scale, length] of this.head.currencies) {
      packed.set(code, { bytes: data.subarray(at, at + length), scale });
      at += length;
    }
    if (at !== data.length)
      throw new Error(`rate snapshot has ${data.length} bytes, its head describes ${at}`);
    this.packed = packed;
  }

  private column(currency: string): Column | null {
    const known = this.columns.get(currency);
    if (known !== undefined) return known;
    const found = this.packed.get(currency);
    if (found === undefined) return null;
    const column = decode(found.bytes, this.head.days, found.scale);
    this.columns.set(currency, column);
    return column;
  }

  /** Last row whose day is not after `day`, -1 before the first. */
  private rowOn(day: number): number {
    let [low, high] = [0, this.days.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.days[middle]! <= day) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  private rate(column: Column, row: number): EurRate {
    return { day: this.days[row]!, mantissa: BigInt(column.mantissas[row]!), scale: column.scale };
  }

  pairOn(currency: string, day: number): RatePair | null {
    const usd = this.column("USD")!;
    const own = currency === "EUR" ? null : this.column(currency);
    if (own === null && currency !== "EUR") return null;
    let row = this.rowOn(day);
    // The dollar is published on every day of the file; the loop is for a file in which it is not.
    while (row >= 0) {
      if (own !== null) row = own.newest[row]!;
      if (row < 0) return null;
      if (usd.mantissas[row] !== 0) {
        return {
          day: this.days[row]!,
          currency: own === null ? null : this.rate(own, row),
          usd: this.rate(usd, row),
        };
      }
      row -= 1;
    }
    return null;
  }
}

let shipped: Snapshot | undefined;

/** The shipped snapshot; read from disk once, on the first call. */
export function ecbSnapshot(): Snapshot {
  shipped ??= new Snapshot(readFileSync(FILE));
  return shipped;
}
