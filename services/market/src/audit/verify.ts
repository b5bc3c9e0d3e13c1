import { genesis } from "./append.ts";
import { type HashedRow, hashOf } from "./hash.ts";
import type { Head, HeadSigner, SignedHead } from "./heads.ts";

/**
 * Checks one chain, row by row, in one pass and constant memory. What it can find: a row that was edited, removed,
 * inserted, swapped or moved, a tail that was cut off, and, where signed heads cover it, a chain that was rewritten
 * from some row on with all its hashes.
 */

export type ChainRow = HashedRow & { readonly hash: string };

export type ChainProblem = {
  readonly chain: string;
  /** The row, or the first of those that are missing. */
  readonly seq: number;
  readonly eventId: string | null;
  readonly problem: string;
};

export type ChainResult = {
  readonly events: number;
  readonly problems: readonly ChainProblem[];
  /** Where the chain ends, and since when a signature vouches for its newest covered row. */
  readonly head: Head & { readonly signedAt: Date | null };
};

export type ChainInput = {
  readonly chain: string;
  /** What the writers remember of the end; null when that row is gone. */
  readonly head: Omit<Head, "chain"> | null;
  /** By seq. */
  readonly signedHeads: readonly SignedHead[];
  /** By seq. */
  readonly rows: AsyncIterable<ChainRow> | Iterable<ChainRow>;
  /** Null: signatures cannot be checked, and none counts. */
  readonly signer: HeadSigner | null;
};

/** Enough to see what happened; more would only repeat it. */
const problemsAtMost = 1_000;

export async function verifyChain(input: ChainInput): Promise<ChainResult> {
  const { chain, head } = input;
  const problems: ChainProblem[] = [];
  const report = (seq: number, eventId: string | null, problem: string) => {
    if (problems.length < problemsAtMost) problems.push({ chain, seq, eventId, problem });
  };
  const heads = signedHeads(input, report);
  let events = 0;
  let last: { seq: number; stored: string; id: string | null } = { seq: 0, stored: genesis, id: null };
  let signedAt: Date | null = null;

  for await (const row of input.rows) {
    events++;
    if (row.seq > last.seq + 1) report(last.seq + 1, null, missing(last.seq + 1, row.seq - 1));
    const computed = hashOf(row);
    if (computed !== row.hash) report(row.seq, row.id, "the row was changed: its hash does not fit");
    else if (row.seq === last.seq + 1 && row.prev !== last.stored)
      report(
        row.seq,
        row.id,
        `the row does not follow row ${last.seq}${last.id === null ? "" : ` (${last.id})`}: one of the two was replaced`,
      );
    const signed = heads.get(row.seq);
    if (signed !== undefined) {
      if (signed.hash === row.hash) signedAt = signed.signedAt;
      else
        report(row.seq, row.id, "the row is not the one that was signed: the chain was rewritten up to here");
    }
    last = { seq: row.seq, stored: row.hash, id: row.id };
  }

  const end = Math.max(head?.seq ?? 0, ...heads.keys());
  if (end > last.seq) report(last.seq + 1, null, `${missing(last.seq + 1, end)}: the end was cut off`);
  else if (head === null) report(last.seq, last.id, "the chain's head is missing");
  else if (head.seq < last.seq) report(head.seq + 1, null, `rows were added after the head at ${head.seq}`);
  else if (head.hash !== last.stored) report(last.seq, last.id, "the last row is not the one the head names");
  return { events, problems, head: { chain, seq: last.seq, hash: last.stored, signedAt } };
}

/** Heads that count, by seq; forged ones are reported. */
function signedHeads(
  { signedHeads: list, signer }: ChainInput,
  report: (seq: number, eventId: string | null, problem: string) => void,
): Map<number, SignedHead> {
  const found = new Map<number, SignedHead>();
  for (const head of list) {
    // Heads of a key from before a change of secrets prove nothing any more; new ones follow.
    if (signer === null || head.keyId !== signer.keyId) continue;
    if (signer.isValid(head)) found.set(head.seq, head);
    else report(head.seq, null, "a signed head was changed: its signature does not fit");
  }
  return found;
}

function missing(from: number, to: number): string {
  return from === to ? `row ${from} is missing` : `rows ${from} to ${to} are missing`;
}
