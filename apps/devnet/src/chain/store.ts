import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Hex } from "viem";
import type { DiskWrite, JournalEntry } from "./journal.ts";
import { Journal } from "./journal.ts";
import type { Saved, SnapshotMeta } from "./snapshots.ts";
import { ChainFiles, syncDirectory } from "./snapshots.ts";

/** A journal is replaced by a snapshot when doing it again would take about half a second. */
const BLOCK_COST_MS = 4;
const TRANSACTION_COST_MS = 0.4;
const REPLAY_LIMIT_MS = 500;
/** Part of the time that may go into writing snapshots. */
const SNAPSHOT_SHARE = 0.05;

/** A chain's place on disk: its genesis, its journal, its snapshots. */
export class ChainStore {
  readonly saved: Saved;
  /** Asked for a snapshot when the journal has become long. */
  onFull: (() => void) | undefined;
  readonly #files: ChainFiles;
  readonly #write: DiskWrite | undefined;
  #sequence: number;
  #journal: Journal;
  #asked = false;
  #nextAllowed = 0;

  static open(directory: string, write?: DiskWrite): ChainStore {
    return new ChainStore(directory, write);
  }

  private constructor(directory: string, write: DiskWrite | undefined) {
    this.#write = write;
    this.#files = new ChainFiles(directory, write);
    this.saved = this.#files.load();
    this.#sequence = this.saved.sequence;
    this.#journal = new Journal(this.#files.journal(this.#sequence), write);
    this.#journal.entries = this.saved.entries.length;
  }

  /** Chain id and time of block 0, written down at the first start and fixed from then on. */
  genesis(chainId: number, time: number): { chainId: number; time: number; fresh: boolean } {
    const file = join(this.#files.directory, "genesis.json");
    let found: { chainId: number; time: number } | undefined;
    try {
      found = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    if (!found) {
      writeFileSync(file, `${JSON.stringify({ chainId, time })}\n`, { mode: 0o600, flush: true });
      syncDirectory(this.#files.directory);
      return { chainId, time, fresh: true };
    }
    if (found.chainId !== chainId) {
      throw new Error(
        `The chain in ${this.#files.directory} has id ${found.chainId}, asked for was ${chainId}. Use another --data-dir, or --reset to start afresh.`,
      );
    }
    return { ...found, fresh: false };
  }

  /** True when something happened since the last snapshot. */
  get dirty(): boolean {
    return this.#journal.entries > 0;
  }

  async append(entries: JournalEntry[]): Promise<void> {
    await this.#journal.append(...entries);
    const cost = this.#journal.entries * BLOCK_COST_MS + this.#journal.transactions * TRANSACTION_COST_MS;
    if (cost > REPLAY_LIMIT_MS && !this.#asked && performance.now() >= this.#nextAllowed && this.onFull) {
      this.#asked = true;
      this.onFull();
    }
  }

  snapshot(meta: SnapshotMeta, state: Hex): void {
    const started = performance.now();
    const next = this.#sequence + 1;
    this.#files.write(next, meta, state);
    this.#journal.close();
    this.#journal = new Journal(this.#files.journal(next), this.#write);
    this.#sequence = next;
    syncDirectory(this.#files.directory);
    this.#files.prune(next);
    const now = performance.now();
    this.#asked = false;
    this.#nextAllowed = now + (now - started) / SNAPSHOT_SHARE;
  }

  close(): void {
    this.#journal.close();
  }
}
