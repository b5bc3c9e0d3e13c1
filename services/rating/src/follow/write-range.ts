import type { Hex } from "viem";
import { insertAttributeFacts, rebuildAttributes } from "../db/attributes.ts";
import { addDays, sumDays } from "../db/days.ts";
import { type EventRow, insertEvents } from "../db/events.ts";
import { announce, type ChainHead, moveHead } from "../db/head.ts";
import { insertMachineFacts, rebuildMachines } from "../db/machines.ts";
import { bytes, type Client, insertMany } from "../db/values.ts";
import type { EvidencePolicy, TransactionFact } from "../evidence/types.ts";
import { loadParties, type Parties, toEvidenceEvent, withVerdict } from "../verdicts/events.ts";
import { type Schedule, scheduleAgain } from "../verdicts/retry.ts";
import { decideClaims } from "../verdicts/stage.ts";
import type { BlockHead } from "./consistency.ts";
import type { RangeData } from "./fetch-range.ts";

/** Brings one range of blocks into the tables: raw rows, derived rows, hashes, head and notice in one transaction. */

const insertBlocks = insertMany<BlockHead>("blocks", [
  { name: "number", type: "bigint", of: (head) => head.number },
  { name: "hash", type: "bytea", of: (head) => bytes(head.hash) },
  { name: "time", type: "bigint", of: (head) => head.time },
]);

/** Hashes of blocks deeper than this are thinned out to one in a thousand. */
const keptHashes = 1_024;

export type WriteInput = {
  readonly head: ChainHead;
  readonly range: RangeData;
  /** The rows to write; asked for once the head is locked, so that their prices are the newest ones. */
  readonly rows: () => readonly EventRow[];
  readonly transactions: ReadonlyMap<string, TransactionFact>;
  readonly policy: EvidencePolicy;
  readonly complete: boolean;
  /** When to look again at a claim that stays open. */
  readonly schedule: Schedule;
};

/** Decides the claims among the rows; rows without claims pass as they are. */
async function decideRows(client: Client, input: WriteInput): Promise<readonly EventRow[]> {
  const rows = input.rows();
  const claims = rows.filter((row) => row.trustClaimed > 0);
  if (claims.length === 0) return rows;
  const parties: Parties = await loadParties(
    client,
    claims.map((row) => row.machineId),
  );
  const { verdicts, displaced } = await decideClaims(
    client,
    claims.map((row) => toEvidenceEvent(row, parties)),
    input.transactions,
    input.policy,
  );
  await scheduleAgain(client, displaced, 0);
  const byKey = new Map(verdicts.map((verdict) => [`${verdict.machineId}/${verdict.index}`, verdict]));
  return rows.map((row) => {
    const verdict = byKey.get(`${row.machineId}/${row.index}`);
    if (verdict === undefined) return row;
    return withVerdict(row, verdict, input.range.to, input.schedule(row));
  });
}

/**
 * @param client inside a transaction of its own.
 * @returns the new head.
 * @throws HeadMoved when somebody else wrote meanwhile.
 */
export async function writeRange(client: Client, input: WriteInput): Promise<ChainHead> {
  const { head, range } = input;
  const next: ChainHead = {
    number: range.to,
    hash: range.tip.hash,
    time: range.tip.time,
    events: head.events + range.events.length,
    complete: head.complete || input.complete,
  };
  await moveHead(client, head, next);
  const machineIds = range.machineFacts.map((fact) => fact.machineId);
  // Machines first: evidence asks who owns and operates them.
  await insertMachineFacts(
    client,
    range.machineFacts.map((fact) => ({
      ...fact,
      wallet: fact.fact === "registered" ? (range.wallets.get(fact.machineId) ?? null) : null,
    })),
  );
  await rebuildMachines(client, machineIds);
  await insertAttributeFacts(client, range.attributeFacts);
  await rebuildAttributes(client, range.attributeFacts);
  const rows = await decideRows(client, input);
  await Promise.all([
    insertEvents(client, rows),
    addDays(client, sumDays(rows)),
    insertBlocks(client, range.heads),
    client.query("delete from blocks where number < $1 and number % 1000 <> 0", [range.to - keptHashes]),
    announce(client, {
      number: next.number,
      time: next.time,
      complete: next.complete,
      machines: [...new Set([...machineIds, ...rows.map((row) => row.machineId)])],
      accounts: [...new Set<Hex>(range.attributeFacts.map((fact) => fact.account))],
    }),
  ]);
  return next;
}
