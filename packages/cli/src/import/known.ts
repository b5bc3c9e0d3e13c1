import { type ClientContext, getEvents } from "@peaqos/peaq-os-sdk";
import { identityOf } from "./mapping.ts";

/** What the chain holds of one machine: how often each identity (type and data hash) stands there. */
export type Known = ReadonlyMap<string, number>;

export async function readKnown(client: ClientContext, machineId: bigint): Promise<Known> {
  const known = new Map<string, number>();
  for await (const { eventType, dataHash } of getEvents(client, machineId)) {
    const identity = identityOf(eventType, dataHash);
    known.set(identity, (known.get(identity) ?? 0) + 1);
  }
  return known;
}

export type Sorted<T> = {
  readonly toSend: readonly T[];
  readonly alreadyOnChain: number;
  /** Rows equal to an earlier row of the file that are not events of their own. */
  readonly repeated: number;
};

/**
 * Sorts rows into those to send and those that are there. Without `keepRepeats` a row counts once however often the
 * file has it; with it, the file's n copies stand against the chain's k, and n - k are sent.
 */
export function sortOut<T extends { readonly identity: string; readonly machineId: bigint }>(
  rows: readonly T[],
  known: (machineId: bigint) => Known,
  keepRepeats: boolean,
): Sorted<T> {
  const seen = new Map<string, number>();
  const toSend: T[] = [];
  let alreadyOnChain = 0;
  let repeated = 0;
  for (const row of rows) {
    const key = `${row.machineId}:${row.identity}`;
    const copies = (seen.get(key) ?? 0) + 1;
    seen.set(key, copies);
    if (copies > 1 && !keepRepeats) repeated += 1;
    else if (copies <= (known(row.machineId).get(row.identity) ?? 0)) alreadyOnChain += 1;
    else toSend.push(row);
  }
  return { toSend, alreadyOnChain, repeated };
}

/** Runs `work` over all items, `width` at a time, and keeps their order. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
