import { Buffer } from "node:buffer";
import {
  closeSync,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from "node:fs";
import { crc32 } from "node:zlib";
import type { Address, Hex } from "viem";
import type { Lend } from "./node.ts";

/** One thing that changed the chain, in the order in which it has to be done again. */
export type JournalEntry =
  | {
      kind: "block";
      /** Timestamp of the block; absent: the transactions only went into the pool. */
      time?: number;
      /** Raw transactions put into the pool before the block was mined. */
      txs: Hex[];
      /** Senders that had the batch executor's code while the block was made. */
      lend?: Lend;
      /** Hash of the block before this one, to check a replay. */
      parent?: Hex;
      /** What the block did not take was taken out of the pool again. */
      dropRest?: true;
    }
  /** Everything was taken out of the pool. */
  | { kind: "drop" }
  /** The node put the last block's transactions in this order, which was not the order of arrival. */
  | { kind: "order"; txs: Hex[] }
  | { kind: "call"; method: string; params: unknown[] }
  | { kind: "clock"; offset: number; automine: boolean }
  | { kind: "executor"; address: Address };

/** Writes bytes to an open file and answers how many, as `fs.writeSync`; tests put a full disk in its place. */
export type DiskWrite = (fd: number, bytes: Uint8Array, offset?: number) => number;

/**
 * Append-only file of entries, one line each: CRC-32 in hex, a space, JSON. `append` returns when the line is on
 * disk (fdatasync); lines appended while a sync runs share the next one.
 */
export class Journal {
  readonly file: string;
  entries = 0;
  transactions = 0;
  readonly #write: DiskWrite;
  #fd: number;
  #syncing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(file: string, write: DiskWrite = writeSync) {
    this.file = file;
    this.#write = write;
    this.#fd = openSync(file, "a", 0o600);
  }

  append(...entries: JournalEntry[]): Promise<void> {
    let lines = "";
    for (const entry of entries) {
      const json = JSON.stringify(entry);
      lines += `${crc32(json).toString(16).padStart(8, "0")} ${json}\n`;
      this.entries++;
      if (entry.kind === "block") this.transactions += entry.txs.length;
    }
    writeAll(this.#fd, Buffer.from(lines), this.#write);
    return this.#sync();
  }

  close(): void {
    if (this.#fd < 0) return;
    closeSync(this.#fd);
    this.#fd = -1;
  }

  #sync(): Promise<void> {
    if (!this.#syncing) {
      this.#syncing = sync(this.#fd).finally(() => {
        this.#syncing = undefined;
      });
      return this.#syncing;
    }
    // A sync that already runs may have begun before this line was written: wait for the one after it.
    this.#next ??= this.#syncing
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.#sync();
      });
    return this.#next;
  }
}

function sync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => fdatasync(fd, (error) => (error ? reject(error) : resolve())));
}

function writeAll(fd: number, bytes: Buffer, write: DiskWrite): void {
  const before = fstatSync(fd).size;
  try {
    for (let at = 0; at < bytes.length; ) at += write(fd, bytes, at);
  } catch (error) {
    // Half a line must not stand in the middle of the file if the disk has room again later.
    ftruncateSync(fd, before);
    throw error;
  }
}

/** Reads a journal. A last line cut short by a crash was never acknowledged: it is dropped and cut off the file. */
export function readJournal(file: string): JournalEntry[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const entries: JournalEntry[] = [];
  let good = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const entry = end < 0 ? undefined : decode(bytes.toString("utf8", at, end));
    if (!entry) break;
    entries.push(entry);
    good = at = end + 1;
  }
  if (good < bytes.length) {
    const rest = bytes.toString("utf8", good).split("\n").slice(1);
    if (rest.some((line) => decode(line))) {
      throw new Error(
        `The chain's journal ${file} is damaged in the middle (byte ${good}): the lines after it are good, so this was no crash but a disk fault or an edit. Restore the data directory from a copy, or start afresh with --reset.`,
      );
    }
    truncateSync(file, good);
  }
  return entries;
}

function decode(line: string): JournalEntry | undefined {
  const json = line.slice(9);
  if (line[8] !== " " || crc32(json).toString(16).padStart(8, "0") !== line.slice(0, 8)) return undefined;
  return JSON.parse(json) as JournalEntry;
}
