import { setTimeout as delay } from "node:timers/promises";
import { maxUnixSeconds } from "@peaqos/protocol";
import type { Database } from "@peaqos/service-kit";
import type { Logger } from "pino";
import { type MachineDay, rebuildDays } from "../db/days.ts";
import type { EventRow } from "../db/events.ts";
import { announce, type ChainHead, readHead } from "../db/head.ts";
import { bytes, type Client } from "../db/values.ts";
import { type EvidenceChain, fetchTransactions } from "../evidence/transactions.ts";
import type { EventRef, EvidencePolicy } from "../evidence/types.ts";
import { dayOf } from "../score/figures.ts";
import { loadParties, toEvidenceEvent, withVerdict } from "./events.ts";
import { decideClaims } from "./stage.ts";

/** Claims that could not be decided for good are decided again: a chain was away, a transaction not final. */

const columns = `machine_id as "machineId", event_index as "index", block_number as "blockNumber",
  log_index as "logIndex", recorded_at as "recordedAt", tx_hash as "txHash", event_type as "eventType", value,
  currency, happened_at as "happenedAt", data_hash as "dataHash", trust_claimed as "trustClaimed",
  source_chain_id as "sourceChainId", source_tx_hash as "sourceTxHash", metadata, usd, usd_source as "usdSource",
  degraded, scoring, class as "cls", paid, reason, evidence_due as "due", decided_block as "decidedBlock"`;

/** Time between two looks for due claims. */
const lookEveryMs = 250;

/** Decided at once, in chain order. */
const batchSize = 500;

/** A claim about a chain this deployment does not know waits until it does. */
const never = maxUnixSeconds;

/**
 * When an undecided claim is looked at again: soon while it is young, at the latest after an hour; never while its
 * chain has no RPC here.
 */
export function createSchedule(chains: readonly EvidenceChain[], now: () => number) {
  const known = new Set([0n, ...chains.map((chain) => BigInt(chain.chainId))]);
  return (row: Pick<EventRow, "recordedAt" | "sourceChainId">): number => {
    if (!known.has(row.sourceChainId)) return never;
    const at = now();
    return at + Math.min(3_600, Math.max(2, Math.floor((at - row.recordedAt) / 10)));
  };
}

export type Schedule = ReturnType<typeof createSchedule>;

/** Claims that waited for a chain that is configured now. */
async function reviveClaims({ database, chains }: RetryDeps): Promise<void> {
  await database.pool.query(
    "update events set evidence_due = 0 where evidence_due = $1 and source_chain_id = any($2::numeric[])",
    [never, chains.map((chain) => chain.chainId)],
  );
}

async function dueEvents(client: Client, now: number): Promise<EventRow[]> {
  const { rows } = await client.query<EventRow>(
    `select ${columns} from events where evidence_due <= $1 order by block_number, log_index limit ${batchSize}`,
    [now],
  );
  return rows;
}

/** Has these events decided again at the next look. */
export async function scheduleAgain(client: Client, events: readonly EventRef[], due: number): Promise<void> {
  if (events.length === 0) return;
  await client.query(
    `update events e set evidence_due = $3
     from unnest($1::numeric[], $2::bigint[]) as d (machine_id, event_index)
     where e.machine_id = d.machine_id and e.event_index = d.event_index`,
    [events.map((event) => event.machineId), events.map((event) => event.index), due],
  );
}

export type RetryDeps = {
  readonly database: Database<unknown>;
  readonly policy: EvidencePolicy;
  readonly chains: readonly EvidenceChain[];
  /** Unix seconds. */
  readonly now: () => number;
};

const keyOf = ({ machineId, index }: EventRef) => `${machineId}/${index}`;
const verdictOf = (row: EventRow) => `${row.cls} ${row.paid} ${row.reason}`;

/**
 * Decides the due claims once. The head row is locked, so no block comes in between.
 *
 * @returns how many were looked at.
 */
export async function retryClaims(deps: RetryDeps): Promise<number> {
  const now = deps.now();
  const schedule = createSchedule(deps.chains, deps.now);
  const [asked, candidates] = await deps.database.withClient(
    async (client) => [await readHead(client), await dueEvents(client, now)] as const,
  );
  if (candidates.length === 0) return 0;
  // The chains are asked before the transaction begins: nothing waits for them with the head locked.
  const transactions = await fetchTransactions(
    candidates.map((row) => toEvidenceEvent(row, new Map())),
    deps.chains,
    deps.policy,
  );
  const askedFor = new Set(candidates.map(keyOf));
  return deps.database.transaction(async (client) => {
    const { rows } = await client.query<ChainHead>(
      "select number, hash, time, events, complete from chain_head where id = 1 for update",
    );
    const head = rows[0];
    // After a rollback the answers may be about blocks that are gone: they are asked for again.
    if (head === undefined || !(await isStored(client, asked))) return 0;
    // What became due meanwhile was not asked for, and who owns or operates a machine may have changed: a verdict
    // on either would be wrong, and for good.
    const events = (await dueEvents(client, now)).filter((row) => askedFor.has(keyOf(row)));
    const parties = await loadParties(
      client,
      events.map((row) => row.machineId),
    );
    const claims = events.map((row) => toEvidenceEvent(row, parties));
    const { verdicts, displaced } = await decideClaims(client, claims, transactions, deps.policy);
    const byKey = new Map(verdicts.map((verdict) => [keyOf(verdict), verdict]));
    const decided = events.flatMap((row) => {
      const verdict = byKey.get(keyOf(row));
      return verdict === undefined
        ? []
        : [{ before: row, after: withVerdict(row, verdict, head.number, schedule(row)) }];
    });
    await saveVerdicts(
      client,
      decided.map(({ after }) => after),
    );
    await scheduleAgain(client, displaced, 0);
    const changed = decided.filter(({ before, after }) => verdictOf(before) !== verdictOf(after));
    const days: MachineDay[] = changed.map(({ after }) => ({
      machineId: after.machineId,
      day: dayOf(after.happenedAt),
    }));
    await rebuildDays(client, days);
    if (days.length > 0)
      await announce(client, {
        number: head.number,
        time: head.time,
        complete: head.complete,
        machines: [...new Set(days.map((day) => day.machineId))],
        accounts: [],
      });
    return events.length;
  });
}

async function isStored(client: Client, head: ChainHead | null): Promise<boolean> {
  if (head === null || head.hash === null) return true;
  const { rowCount } = await client.query("select 1 from blocks where number = $1 and hash = $2", [
    head.number,
    bytes(head.hash),
  ]);
  return rowCount === 1;
}

async function saveVerdicts(client: Client, rows: readonly EventRow[]): Promise<void> {
  if (rows.length === 0) return;
  await client.query(
    `update events e set class = v.class, paid = v.paid, reason = v.reason, evidence_due = v.due,
       decided_block = v.decided_block
     from unnest($1::numeric[], $2::bigint[], $3::smallint[], $4::boolean[], $5::text[], $6::bigint[], $7::bigint[])
       as v (machine_id, event_index, class, paid, reason, due, decided_block)
     where e.machine_id = v.machine_id and e.event_index = v.event_index`,
    [
      rows.map((row) => row.machineId),
      rows.map((row) => row.index),
      rows.map((row) => row.cls),
      rows.map((row) => row.paid),
      rows.map((row) => row.reason),
      rows.map((row) => row.due),
      rows.map((row) => row.decidedBlock),
    ],
  );
}

/** Decides due claims for as long as this process leads. Trouble is logged and tried again. */
export async function keepDeciding(deps: RetryDeps & { logger: Logger }, signal: AbortSignal): Promise<void> {
  let failures = 0;
  let revived = false;
  while (!signal.aborted) {
    let decided = 0;
    try {
      if (!revived) await reviveClaims(deps);
      revived = true;
      decided = await retryClaims(deps);
      failures = 0;
    } catch (error) {
      failures += 1;
      deps.logger[failures % 20 === 3 ? "warn" : "debug"](
        { err: error, failures },
        "claims could not be decided",
      );
    }
    // A full batch: there is more.
    const wait = decided === batchSize && failures === 0 ? 0 : lookEveryMs;
    await delay(wait, undefined, { signal }).catch(() => undefined);
  }
}
