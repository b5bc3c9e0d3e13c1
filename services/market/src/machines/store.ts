import type { machineSchema } from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { Pool, PoolClient } from "pg";
import type { z } from "zod";
import type { Cursor } from "../kit/paging.ts";

/** Statements of the machines. */

export type Machine = z.output<typeof machineSchema>;

export type MachineRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly display_name: string;
  readonly status: Machine["status"];
  readonly owner_id: string;
  readonly identity_ref: string | null;
  /** Number in the identity registry, once the identity is proven. */
  readonly registry_id: string | null;
  readonly identity_proof: Machine["identityProof"];
  readonly machine_type: string;
  readonly runtime_profile: string;
  readonly capabilities: string[];
  readonly labels: Record<string, string>;
  readonly policy_ids: string[];
  readonly skill_keys: string[];
  readonly created_at: Date;
  readonly updated_at: Date;
};

/** A row with its exact time, for the cursor. */
export type ListedMachine = MachineRow & { readonly at: string };

type Queryable = Pool | PoolClient;

/** What a caller may change, and what follows from it. */
const changing = [
  "display_name",
  "status",
  "owner_id",
  "identity_ref",
  "registry_id",
  "identity_proof",
  "machine_type",
  "runtime_profile",
  "capabilities",
  "labels",
  "policy_ids",
  "skill_keys",
  "updated_at",
] as const;
const columns = ["id", "tenant_id", ...changing, "created_at"] as const;
const list = columns.join(", ");
const json: ReadonlySet<string> = new Set(["identity_proof", "labels"]);

const parameterOf = (row: MachineRow, column: (typeof columns)[number]): unknown => {
  const value = row[column];
  return json.has(column) && value !== null ? JSON.stringify(value) : value;
};

export async function findMachine(
  client: Queryable,
  tenantId: string,
  id: string,
): Promise<MachineRow | undefined> {
  const { rows } = await guarded(() =>
    client.query<MachineRow>({
      name: "find_machine",
      text: `select ${list} from machines where id = $1 and tenant_id = $2`,
      values: [id, tenantId],
    }),
  );
  return rows[0];
}

/** Many at once, whatever their tenant: whoever asks has checked that before. */
export async function findMachines(
  client: Queryable,
  ids: readonly string[],
): Promise<Map<string, MachineRow>> {
  const { rows } = await guarded(() =>
    client.query<MachineRow>({
      name: "find_machines",
      text: `select ${list} from machines where id = any($1)`,
      values: [ids],
    }),
  );
  return new Map(rows.map((row) => [row.id, row]));
}

/** Held until the transaction ends: `update` against every change, `share` against a change of the status. */
export async function lockMachine(
  client: PoolClient,
  tenantId: string,
  id: string,
  mode: "update" | "share",
): Promise<MachineRow | undefined> {
  const { rows } = await client.query<MachineRow>({
    name: `lock_machine_${mode}`,
    text: `select ${list} from machines where id = $1 and tenant_id = $2 for ${mode}`,
    values: [id, tenantId],
  });
  return rows[0];
}

/** Another machine that is not archived and has this identity, in either form of the reference, of any tenant. */
export async function findByIdentity(
  client: PoolClient,
  identityRef: string,
  registryId: string | null,
  exceptId: string,
): Promise<Pick<MachineRow, "id" | "tenant_id" | "status"> | undefined> {
  const { rows } = await client.query<Pick<MachineRow, "id" | "tenant_id" | "status">>(
    `select id, tenant_id, status from machines
     where status <> 'archived' and id <> $3 and (lower(identity_ref) = lower($1) or registry_id = $2) limit 1`,
    [identityRef, registryId, exceptId],
  );
  return rows[0];
}

/** Machines that are not archived, newest first. */
export async function listMachineRows(
  client: Queryable,
  tenantId: string,
  after: Cursor | null,
  limit: number,
): Promise<ListedMachine[]> {
  const { rows } = await guarded(() =>
    client.query<ListedMachine>(
      `select ${list}, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from machines
       where tenant_id = $1 and status <> 'archived' and ($2::timestamptz is null or (created_at, id) < ($2, $3))
       order by created_at desc, id desc limit $4`,
      [tenantId, after?.createdAt ?? null, after?.id ?? null, limit],
    ),
  );
  return rows;
}

/** @returns false when another machine has the identity; a transaction that registers it is waited for. */
export async function insertMachine(client: PoolClient, row: MachineRow): Promise<boolean> {
  const { rowCount } = await client.query(
    `insert into machines (${list}) values (${columns.map((_, index) => `$${index + 1}`).join(", ")})
     on conflict do nothing`,
    columns.map((column) => parameterOf(row, column)),
  );
  return rowCount === 1;
}

const uniqueViolation = "23505";

/**
 * The row must be locked.
 *
 * @returns false when another machine has the identity; the transaction can only be rolled back then.
 */
export async function updateMachineRow(client: PoolClient, row: MachineRow): Promise<boolean> {
  try {
    await client.query(
      `update machines set ${changing.map((column, index) => `${column} = $${index + 2}`).join(", ")} where id = $1`,
      [row.id, ...changing.map((column) => parameterOf(row, column))],
    );
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === uniqueViolation) return false;
    throw error;
  }
}
