import { Buffer } from "node:buffer";
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Address, Hex } from "viem";
import type { DiskWrite, JournalEntry } from "./journal.ts";
import { readJournal } from "./journal.ts";
import type { Settings } from "./recovery.ts";

/** What a snapshot says about the chain beside the node's own state. */
export type SnapshotMeta = {
  number: number;
  hash: Hex;
  time: number;
  offset: number;
  automine: boolean;
  executor?: Address;
  /** Raw transactions that wait in the pool. */
  pool: Hex[];
  /** Settings of the node that its dump does not hold, to be made again. */
  settings: Settings;
};

export type Saved = {
  meta?: SnapshotMeta;
  state?: Hex;
  entries: JournalEntry[];
  sequence: number;
  skipped: string[];
};

/**
 * A chain's files. `snapshot-N` holds the state that journal-N continues; the two newest pairs are kept, so that a
 * snapshot that cannot be read costs nothing: the one before it and both journals give the same chain.
 */
export class ChainFiles {
  readonly directory: string;
  readonly #write: DiskWrite;

  constructor(directory: string, write: DiskWrite = writeSync) {
    this.directory = directory;
    this.#write = write;
  }

  journal(sequence: number): string {
    return join(this.directory, `journal-${sequence}.log`);
  }

  snapshot(sequence: number): string {
    return join(this.directory, `snapshot-${sequence}`);
  }

  /** The newest state that can be read, and what happened since. */
  load(): Saved {
    const snapshots = this.#sequences("snapshot-", "");
    const last = Math.max(0, ...snapshots, ...this.#sequences("journal-", ".log"));
    const skipped: string[] = [];
    for (const sequence of [...snapshots, 0]) {
      const read = sequence === 0 ? {} : readSnapshot(this.snapshot(sequence));
      if (!read) {
        skipped.push(this.snapshot(sequence));
        continue;
      }
      const journals = Array.from({ length: last - sequence + 1 }, (_, i) => this.journal(sequence + i));
      if (sequence === 0 && last > 0 && !existsSync(this.journal(0))) break;
      return { ...read, entries: journals.flatMap(readJournal), sequence: last, skipped };
    }
    throw new Error(
      `None of the chain's snapshots can be read (${skipped.join(", ")}). Restore the data directory from a copy, or start afresh with --reset.`,
    );
  }

  /** Puts a snapshot in place so that a crash at any point leaves the old pair or the new one. */
  write(sequence: number, meta: SnapshotMeta, state: Hex): void {
    const bytes = Buffer.from(state.slice(2), "hex");
    const head = JSON.stringify({ ...meta, bytes: bytes.length, crc: crc32(bytes) });
    const temporary = `${this.snapshot(sequence)}.tmp`;
    const fd = openSync(temporary, "w", 0o600);
    try {
      for (const part of [Buffer.from(`${head}\n`), bytes])
        for (let at = 0; at < part.length; ) at += this.#write(fd, part, at);
      fsyncSync(fd);
    } catch (error) {
      // What did not fit only takes room from what may.
      rmSync(temporary, { force: true });
      throw error;
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, this.snapshot(sequence));
    syncDirectory(this.directory);
  }

  /** Removes what is older than the last two snapshots. */
  prune(sequence: number): void {
    for (const old of this.#sequences("snapshot-", "")) if (old < sequence - 1) rmSync(this.snapshot(old));
    for (const old of this.#sequences("journal-", ".log")) if (old < sequence - 1) rmSync(this.journal(old));
  }

  /** Numbers of the files that exist, newest first. */
  #sequences(prefix: string, suffix: string): number[] {
    const pattern = new RegExp(`^${prefix}(\\d+)${suffix.replace(".", "\\.")}$`);
    return readdirSync(this.directory)
      .map((name) => Number(pattern.exec(name)?.[1] ?? Number.NaN))
      .filter((number) => !Number.isNaN(number))
      .sort((a, b) => b - a);
  }
}

function readSnapshot(file: string): { meta: SnapshotMeta; state: Hex } | undefined {
  try {
    const bytes = readFileSync(file);
    const end = bytes.indexOf(10);
    const head = JSON.parse(bytes.toString("utf8", 0, end)) as SnapshotMeta & { bytes: number; crc: number };
    const state = bytes.subarray(end + 1);
    if (state.length !== head.bytes || crc32(state) !== head.crc) return undefined;
    return { meta: head, state: `0x${state.toString("hex")}` };
  } catch {
    return undefined;
  }
}

/** Makes names created or renamed in a directory survive a power cut. */
export function syncDirectory(directory: string): void {
  if (process.platform === "win32") return;
  const fd = openSync(directory, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
