import { createHash } from "node:crypto";
import { stringifyJson } from "@peaqos/protocol";
import type { Hex } from "viem";
import type { HeadChange } from "../db/head.ts";
import type { HeadView, LoadedMachine, Reads } from "../db/read.ts";
import { mcrBody, type RatedMachine, rate } from "./core.ts";

/**
 * Keeps ratings in the process. An entry lives until a notification names its machine, chain time reaches the second
 * at which time alone may change it, or the connection for notifications is lost: nothing is kept past what it
 * depends on.
 */

export type KeptRating = {
  readonly rated: RatedMachine;
  /** The body after its DID: `,"machine_id":…}`. */
  readonly tail: string;
  readonly etag: string;
};

export type RatingKeeper = {
  /** The rating if it is kept and right. */
  kept(address: Hex): KeptRating | null;
  /** The rating from the database; `null` when nothing is registered there. @throws DatabaseDown */
  load(address: Hex): Promise<KeptRating | null>;
  /** Ratings of many machines, the unregistered ones left out. @throws DatabaseDown */
  loadMany(ids: readonly bigint[]): Promise<Map<bigint, KeptRating>>;
  /** Keeps, and returns, the rating of a machine that was read some other way. */
  adopt(loaded: LoadedMachine): KeptRating;
  readonly head: HeadView | null;
  onChange(change: HeadChange): void;
  onConnected(): void;
  onLost(): void;
  readonly size: number;
};

/** Entries at most; the oldest go first. */
const maxEntries = 100_000;

export function etagOf(text: string): string {
  return `"${createHash("sha1").update(text).digest("base64url").slice(0, 22)}"`;
}

export function createRatingKeeper(reads: Reads, trustPolicy: "verified" | "claimed"): RatingKeeper {
  const entries = new Map<Hex, KeptRating>();
  const addresses = new Map<bigint, Hex>();
  let head: HeadView | null = null;
  let connected = false;
  /** Counts changes: what was read before a change of its machine is not kept. */
  let changes = 0;
  /** The latest changes, to see whether one of them names a machine; `null` names all. */
  const latest: { readonly number: number; readonly machines: ReadonlySet<bigint> | null }[] = [];
  const loading = new Map<Hex, Promise<KeptRating | null>>();

  function drop(address: Hex): void {
    const entry = entries.get(address);
    if (entry === undefined) return;
    entries.delete(address);
    addresses.delete(entry.rated.loaded.machine.machineId);
  }

  function make(loaded: LoadedMachine): KeptRating {
    const rated = rate(loaded);
    const tail = `,${stringifyJson(mcrBody(rated, trustPolicy)).slice(1)}`;
    return { rated, tail, etag: etagOf(tail) };
  }

  function keep(entry: KeptRating, changesBefore: number): KeptRating {
    const { owner, machineId } = entry.rated.loaded.machine;
    if (!connected || changedSince(changesBefore, machineId)) return entry;
    if (entries.size >= maxEntries) drop(entries.keys().next().value!);
    entries.set(owner, entry);
    addresses.set(machineId, owner);
    return entry;
  }

  function noteChange(machines: readonly bigint[] | null): void {
    changes += 1;
    latest.push({ number: changes, machines: machines === null ? null : new Set(machines) });
    if (latest.length > 64) latest.shift();
  }

  function changedSince(before: number, machineId: bigint): boolean {
    if (changes === before) return false;
    if (latest[0] === undefined || latest[0].number > before + 1) return true;
    return latest.some(({ number, machines }) => number > before && machines?.has(machineId) !== false);
  }

  function kept(address: Hex): KeptRating | null {
    const entry = entries.get(address);
    if (entry === undefined) return null;
    if (head !== null && head.time < entry.rated.validUntil) return entry;
    drop(address);
    return null;
  }

  async function read(address: Hex): Promise<KeptRating | null> {
    const before = changes;
    const loaded = await reads.machineByOwner(address);
    return loaded === null ? null : keep(make(loaded), before);
  }

  function clear(): void {
    noteChange(null);
    entries.clear();
    addresses.clear();
    loading.clear();
  }

  return {
    kept,
    load(address) {
      // Many requests for one machine share one read.
      let work = loading.get(address);
      if (work === undefined) {
        work = read(address).finally(() => {
          if (loading.get(address) === work) loading.delete(address);
        });
        loading.set(address, work);
      }
      return work;
    },
    async loadMany(ids) {
      const found = new Map<bigint, KeptRating>();
      const missing: bigint[] = [];
      for (const id of ids) {
        const address = addresses.get(id);
        const entry = address === undefined ? null : kept(address);
        if (entry === null) missing.push(id);
        else found.set(id, entry);
      }
      if (missing.length > 0) {
        const before = changes;
        for (const loaded of await reads.machinesByIds(missing))
          found.set(loaded.machine.machineId, keep(make(loaded), before));
      }
      return found;
    },
    adopt: make,
    get head() {
      return head;
    },
    get size() {
      return entries.size;
    },
    onChange(change) {
      head = { number: change.number, time: change.time, complete: change.complete };
      if (change.machines === null) return clear();
      noteChange(change.machines);
      // A read under way may have seen the state before: requests from now on start a new one.
      loading.clear();
      for (const id of change.machines) {
        const address = addresses.get(id);
        if (address !== undefined) drop(address);
      }
    },
    onConnected() {
      clear();
      connected = true;
      const before = changes;
      // Until the head is known nothing counts as kept.
      head = null;
      reads
        .head()
        .then((now) => {
          if (changes === before) head = now;
        })
        .catch(() => undefined);
    },
    onLost() {
      connected = false;
      clear();
    },
  };
}
