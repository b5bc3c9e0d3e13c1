import { stringifyJson } from "@peaqos/protocol";
import type { disputeSchema } from "@peaqos/protocol/market";
import type { PoolClient } from "pg";
import type { z } from "zod";
import { notFound } from "../kit/errors.ts";
import type { WriteTx } from "../kit/write.ts";

/** Rows of disputes. */

export type OrderDispute = z.output<typeof disputeSchema>;

export type DisputeRow = {
  readonly id: string;
  readonly order_id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  readonly agent_pairing_id: string | null;
  readonly status: OrderDispute["status"];
  readonly reason: string;
  readonly evidence: Record<string, unknown>;
  readonly resolution: OrderDispute["resolution"];
  readonly resolution_notes: string | null;
  readonly resolve_by: Date;
  readonly created_at: Date;
  readonly updated_at: Date;
};

const columns = `id, order_id, tenant_id, machine_id, agent_pairing_id, status, reason, evidence, resolution,
  resolution_notes, resolve_by, created_at, updated_at`;

/** A dispute as the wire shows it. */
export function disputeView(row: DisputeRow): OrderDispute {
  return {
    id: row.id,
    orderId: row.order_id,
    machineId: row.machine_id,
    status: row.status,
    reason: row.reason,
    evidence: row.evidence,
    agentPairingId: row.agent_pairing_id,
    resolution: row.resolution,
    resolveBy: row.resolve_by.toISOString(),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

export async function disputeOf(
  client: Pick<PoolClient, "query">,
  orderId: string,
  lock = false,
): Promise<DisputeRow | null> {
  const { rows } = await client.query<DisputeRow>(
    `select ${columns} from market_disputes where order_id = $1${lock ? " for update" : ""}`,
    [orderId],
  );
  return rows[0] ?? null;
}

export async function insertDispute(
  tx: WriteTx,
  dispute: Pick<
    DisputeRow,
    "id" | "order_id" | "tenant_id" | "machine_id" | "agent_pairing_id" | "reason" | "evidence" | "resolve_by"
  >,
): Promise<DisputeRow> {
  const { rows } = await tx.client.query<DisputeRow>(
    `insert into market_disputes (id, order_id, tenant_id, machine_id, agent_pairing_id, status, reason, evidence,
       resolve_by, created_at, updated_at)
     values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, $9) returning ${columns}`,
    [
      dispute.id,
      dispute.order_id,
      dispute.tenant_id,
      dispute.machine_id,
      dispute.agent_pairing_id,
      dispute.reason,
      stringifyJson(dispute.evidence),
      dispute.resolve_by,
      tx.now,
    ],
  );
  const row = rows[0]!;
  tx.audit({
    type: "dispute.opened",
    resourceType: "dispute",
    resourceId: row.id,
    machineId: row.machine_id,
    payload: { orderId: row.order_id, reason: row.reason, resolveBy: row.resolve_by.toISOString() },
  });
  return row;
}

/** @throws HttpError NOT_FOUND when the dispute is not open any more. */
export async function closeDispute(
  tx: WriteTx,
  dispute: DisputeRow,
  resolution: NonNullable<OrderDispute["resolution"]>,
  notes: string | null,
  resolvedBy: string,
): Promise<DisputeRow> {
  const { rows } = await tx.client.query<DisputeRow>(
    `update market_disputes set status = 'resolved', resolution = $2, resolution_notes = $3, resolved_by = $4,
       updated_at = $5
     where id = $1 and status = 'open' returning ${columns}`,
    [dispute.id, resolution, notes, resolvedBy, tx.now],
  );
  const row = rows[0];
  if (row === undefined) throw notFound("open dispute", dispute.id);
  tx.audit({
    type: "dispute.resolved",
    resourceType: "dispute",
    resourceId: row.id,
    machineId: row.machine_id,
    payload: { orderId: row.order_id, resolution, notes },
  });
  return row;
}
