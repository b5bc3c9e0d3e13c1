import { maxUnixSeconds } from "@peaqos/protocol";
import type { Hex } from "viem";
import type { EvidenceClass } from "../score/types.ts";
import { bytes, type Client, insertMany } from "./values.ts";

/** One row of `events`. Times are Unix seconds, money is US cents. */
export type EventRow = {
  readonly machineId: bigint;
  readonly index: number;
  readonly blockNumber: number;
  readonly logIndex: number;
  readonly recordedAt: number;
  readonly txHash: Hex;
  readonly eventType: 0 | 1;
  readonly value: bigint;
  readonly currency: string;
  readonly happenedAt: number;
  readonly dataHash: Hex;
  readonly trustClaimed: 0 | 1 | 2;
  readonly sourceChainId: bigint;
  readonly sourceTxHash: Hex;
  readonly metadata: Hex;
  readonly usd: bigint | null;
  readonly usdSource: string | null;
  readonly degraded: boolean;
  readonly scoring: bigint | null;
  readonly cls: EvidenceClass;
  readonly paid: boolean;
  readonly reason: string | null;
  readonly due: number | null;
  readonly decidedBlock: number | null;
};

/** The contract refuses times ahead of the block; a foreign registry's nonsense must not leave our columns' range. */
export function clampTime(timestamp: bigint): number {
  return timestamp > BigInt(maxUnixSeconds) ? maxUnixSeconds : Number(timestamp);
}

export const insertEvents: (client: Client, rows: readonly EventRow[]) => Promise<void> =
  insertMany<EventRow>("events", [
    { name: "machine_id", type: "numeric", of: (row) => row.machineId },
    { name: "event_index", type: "bigint", of: (row) => row.index },
    { name: "block_number", type: "bigint", of: (row) => row.blockNumber },
    { name: "log_index", type: "int", of: (row) => row.logIndex },
    { name: "recorded_at", type: "bigint", of: (row) => row.recordedAt },
    { name: "tx_hash", type: "bytea", of: (row) => bytes(row.txHash) },
    { name: "event_type", type: "smallint", of: (row) => row.eventType },
    { name: "value", type: "numeric", of: (row) => row.value },
    { name: "currency", type: "text", of: (row) => row.currency },
    { name: "happened_at", type: "bigint", of: (row) => row.happenedAt },
    { name: "data_hash", type: "bytea", of: (row) => bytes(row.dataHash) },
    { name: "trust_claimed", type: "smallint", of: (row) => row.trustClaimed },
    { name: "source_chain_id", type: "numeric", of: (row) => row.sourceChainId },
    { name: "source_tx_hash", type: "bytea", of: (row) => bytes(row.sourceTxHash) },
    { name: "metadata", type: "bytea", of: (row) => bytes(row.metadata) },
    { name: "usd", type: "numeric", of: (row) => row.usd },
    { name: "usd_source", type: "text", of: (row) => row.usdSource },
    { name: "degraded", type: "boolean", of: (row) => row.degraded },
    { name: "scoring", type: "numeric", of: (row) => row.scoring },
    { name: "class", type: "smallint", of: (row) => row.cls },
    { name: "paid", type: "boolean", of: (row) => row.paid },
    { name: "reason", type: "text", of: (row) => row.reason },
    { name: "evidence_due", type: "bigint", of: (row) => row.due },
    { name: "decided_block", type: "bigint", of: (row) => row.decidedBlock },
  ]);
