import type { Hex } from "viem";
import type { Basis, ScoreEvent } from "../score/types.ts";
import type { Reads } from "./read.ts";

/** Reads of single events: for the past, for publishing, for explaining. */

/** Every event as the score sees it. */
export async function readScoreEvents(reads: Reads, machineId: bigint): Promise<ScoreEvent[]> {
  const rows = await reads.query(
    "score events",
    `select event_index, event_type, happened_at, recorded_at, scoring, class, paid
     from events where machine_id = $1 order by event_index`,
    [machineId],
  );
  return rows.map((row) => ({
    index: row.event_index,
    eventType: row.event_type,
    timestamp: row.happened_at,
    recordedAt: row.recorded_at,
    usdScoringCents:
      row.scoring === null || row.scoring > BigInt(Number.MAX_SAFE_INTEGER)
        ? row.scoring
        : Number(row.scoring),
    cls: row.class,
    paid: row.paid,
  }));
}

/** How claims fared and what was degraded, among the events an answer counts. */
export type EvidenceCounts = {
  readonly claimed: readonly [number, number, number];
  readonly effective: readonly [number, number, number];
  readonly paid: number;
  readonly downgraded: readonly { readonly reason: string; readonly count: number }[];
  readonly degraded: number;
  readonly degradedSources: readonly string[];
};

export async function readEvidenceCounts(
  reads: Reads,
  machineId: bigint,
  asOf: number,
  basis: Basis,
): Promise<EvidenceCounts> {
  const time = basis === "known" ? "recorded_at" : "happened_at";
  const rows = await reads.query(
    `evidence ${basis}`,
    `select trust_claimed, class, paid, reason, degraded, usd_source, count(*) as count
     from events where machine_id = $1 and ${time} <= $2
     group by trust_claimed, class, paid, reason, degraded, usd_source`,
    [machineId, asOf],
  );
  const claimed: [number, number, number] = [0, 0, 0];
  const effective: [number, number, number] = [0, 0, 0];
  const reasons = new Map<string, number>();
  const sources = new Set<string>();
  let paid = 0;
  let degraded = 0;
  for (const row of rows) {
    claimed[row.trust_claimed as 0 | 1 | 2] += row.count;
    effective[row.class as 0 | 1 | 2] += row.count;
    if (row.paid) paid += row.count;
    if (row.reason !== null) reasons.set(row.reason, (reasons.get(row.reason) ?? 0) + row.count);
    if (row.degraded) {
      degraded += row.count;
      if (row.usd_source !== null) sources.add(row.usd_source);
    }
  }
  return {
    claimed,
    effective,
    paid,
    downgraded: [...reasons].sort().map(([reason, count]) => ({ reason, count })),
    degraded,
    degradedSources: [...sources].sort(),
  };
}

/** An event as it is published. */
export type PublishedRow = {
  readonly index: number;
  readonly blockNumber: number;
  readonly recordedAt: number;
  readonly txHash: Hex;
  readonly eventType: 0 | 1;
  readonly happenedAt: number;
  readonly value: bigint;
  readonly currency: string;
  readonly usd: bigint | null;
  readonly usdSource: string | null;
  readonly degraded: boolean;
  readonly scoring: bigint | null;
  readonly trustClaimed: 0 | 1 | 2;
  readonly cls: 0 | 1 | 2;
  readonly reason: string | null;
  readonly paid: boolean;
  readonly sourceChainId: bigint;
  readonly sourceTxHash: Hex;
  readonly dataHash: Hex;
  readonly metadata: Hex;
};

/** Events from `first` on, in chain order. */
export async function readPublished(
  reads: Reads,
  machineId: bigint,
  first: number,
  limit: number,
): Promise<PublishedRow[]> {
  const rows = await reads.query(
    "published",
    `select event_index, block_number, recorded_at, tx_hash, event_type, happened_at, value, currency, usd, usd_source,
       degraded, scoring, trust_claimed, class, reason, paid, source_chain_id, source_tx_hash, data_hash, metadata
     from events where machine_id = $1 and event_index >= $2 order by event_index limit $3`,
    [machineId, first, limit],
  );
  return rows.map((row) => ({
    index: row.event_index,
    blockNumber: row.block_number,
    recordedAt: row.recorded_at,
    txHash: row.tx_hash,
    eventType: row.event_type,
    happenedAt: row.happened_at,
    value: row.value,
    currency: row.currency,
    usd: row.usd,
    usdSource: row.usd_source,
    degraded: row.degraded,
    scoring: row.scoring,
    trustClaimed: row.trust_claimed,
    cls: row.class,
    reason: row.reason,
    paid: row.paid,
    sourceChainId: row.source_chain_id,
    sourceTxHash: row.source_tx_hash,
    dataHash: row.data_hash,
    metadata: row.metadata,
  }));
}
