import { hash } from "node:crypto";

/** Everything a row of the audit log says, in the order it is hashed. `payload` is its JSON text, byte for byte. */
export type HashedRow = {
  readonly chain: string;
  readonly seq: number;
  readonly id: string;
  /** Hash of the row before, in hexadecimal. */
  readonly prev: string;
  readonly tenantId: string;
  readonly machineId: string | null;
  readonly actor: string;
  readonly type: string;
  readonly resourceType: string;
  readonly resourceId: string;
  readonly requestId: string | null;
  readonly payload: string;
  /** ISO 8601 with milliseconds, UTC. */
  readonly createdAt: string;
};

/** SHA-256 over the row as a JSON array: no field can run into the next. */
export function hashOf(row: HashedRow): string {
  return hash(
    "sha256",
    JSON.stringify([
      row.chain,
      row.seq,
      row.id,
      row.prev,
      row.tenantId,
      row.machineId,
      row.actor,
      row.type,
      row.resourceType,
      row.resourceId,
      row.requestId,
      row.payload,
      row.createdAt,
    ]),
    "hex",
  );
}
