import type { Hex } from "viem";
import { clampTime, type EventRow } from "../db/events.ts";
import { zeroAddress } from "../db/machines.ts";
import type { Client } from "../db/values.ts";
import type { EvidenceEvent, Verdict } from "../evidence/types.ts";
import type { FollowedEvent } from "../follow/fetch-range.ts";
import { toUsd } from "../fx/convert.ts";
import type { RateBook } from "../fx/types.ts";

/** From a record on the chain to a row: its dollars now, its verdict when there is a claim to decide. */

/** An event with its dollars, before the evidence has spoken. */
export function toRow(event: FollowedEvent, books: readonly RateBook[]): EventRow {
  const { signal, record, recordedAt } = event;
  const happenedAt = clampTime(record.timestamp);
  const eventType = record.eventType === 0 ? 0 : 1;
  const amount = eventType === 0 ? toUsd(record.value, record.currency, happenedAt, books) : null;
  const trustClaimed = record.trustLevel === 1 ? 1 : record.trustLevel === 2 ? 2 : 0;
  return {
    machineId: record.machineId,
    index: signal.index,
    blockNumber: signal.blockNumber,
    logIndex: signal.logIndex,
    recordedAt,
    txHash: signal.txHash,
    eventType,
    value: record.value,
    currency: record.currency.replaceAll("\0", ""),
    happenedAt,
    dataHash: record.dataHash,
    trustClaimed,
    sourceChainId: record.sourceChainId,
    sourceTxHash: record.sourceTxHash,
    metadata: record.metadata,
    usd: amount?.usd ?? null,
    usdSource: amount?.source ?? null,
    degraded: amount?.degraded ?? false,
    scoring: amount?.scoringCents ?? null,
    cls: 0,
    paid: false,
    reason: null,
    due: null,
    decidedBlock: null,
  };
}

export type Parties = ReadonlyMap<bigint, { readonly owner: Hex; readonly operator: Hex | null }>;

export async function loadParties(client: Client, machineIds: Iterable<bigint>): Promise<Parties> {
  const ids = [...new Set(machineIds)];
  if (ids.length === 0) return new Map();
  const { rows } = await client.query(
    "select machine_id, owner, operator from machines where machine_id = any($1::numeric[])",
    [ids],
  );
  return new Map(rows.map((row) => [row.machine_id, { owner: row.owner, operator: row.operator }]));
}

/** The event as the evidence module wants it. */
export function toEvidenceEvent(row: EventRow, parties: Parties): EvidenceEvent {
  const party = parties.get(row.machineId);
  return {
    machineId: row.machineId,
    index: row.index,
    blockNumber: BigInt(row.blockNumber),
    logIndex: row.logIndex,
    eventType: row.eventType,
    value: row.value,
    currency: row.currency,
    timestamp: row.happenedAt,
    dataHash: row.dataHash,
    metadata: row.metadata,
    trustClaimed: row.trustClaimed,
    sourceChainId: row.sourceChainId,
    sourceTxHash: row.sourceTxHash,
    usdCents: row.usd,
    machineAddress: party?.owner ?? zeroAddress,
    operatorAddress: party?.operator ?? null,
  };
}

/** What the verdict says, in the row's words. `due`: when to look again while it is not final. */
export function withVerdict(row: EventRow, verdict: Verdict, headNumber: number, due: number): EventRow {
  return {
    ...row,
    cls: verdict.cls,
    paid: verdict.paid,
    reason: verdict.reason,
    due: verdict.final ? null : due,
    decidedBlock: headNumber,
  };
}
