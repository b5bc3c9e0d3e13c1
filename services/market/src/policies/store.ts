import type { policySchema } from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { Pool, PoolClient } from "pg";
import type { z } from "zod";
import type { Cursor } from "../kit/paging.ts";

/** Statements of the policies. */

export type Policy = z.output<typeof policySchema>;

export type PolicyRow = {
  readonly id: string;
  readonly tenant_id: string;
  readonly name: string;
  readonly allowed_skill_keys: string[];
  readonly denied_skill_keys: string[];
  readonly region_rules: string[];
  readonly required_capabilities: string[];
  readonly budget_cap: Policy["budgetCap"];
  readonly native_only: boolean;
  readonly handoff_allowed: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
};

type Queryable = Pick<Pool | PoolClient, "query">;

const changing = [
  "name",
  "allowed_skill_keys",
  "denied_skill_keys",
  "region_rules",
  "required_capabilities",
  "budget_cap",
  "native_only",
  "handoff_allowed",
  "updated_at",
] as const;
const columns = ["id", "tenant_id", ...changing, "created_at"] as const;
const list = columns.join(", ");

const parameterOf = (row: PolicyRow, column: (typeof columns)[number]): unknown =>
  column === "budget_cap" && row.budget_cap !== null ? JSON.stringify(row.budget_cap) : row[column];

export async function findPolicies(
  client: Queryable,
  tenantId: string,
  ids: readonly string[],
): Promise<PolicyRow[]> {
  const { rows } = await guarded(() =>
    client.query<PolicyRow>(
      `select ${list} from policies where tenant_id = $1 and id = any($2) order by id`,
      [tenantId, ids],
    ),
  );
  return rows;
}

export async function lockPolicy(
  client: PoolClient,
  tenantId: string,
  id: string,
): Promise<PolicyRow | undefined> {
  const { rows } = await client.query<PolicyRow>(
    `select ${list} from policies where id = $1 and tenant_id = $2 for update`,
    [id, tenantId],
  );
  return rows[0];
}

export async function listPolicyRows(
  client: Queryable,
  tenantId: string,
  after: Cursor | null,
  limit: number,
): Promise<(PolicyRow & { readonly at: string })[]> {
  const { rows } = await guarded(() =>
    client.query<PolicyRow & { at: string }>(
      `select ${list}, to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from policies
       where tenant_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3))
       order by created_at desc, id desc limit $4`,
      [tenantId, after?.createdAt ?? null, after?.id ?? null, limit],
    ),
  );
  return rows;
}

export async function insertPolicy(client: PoolClient, row: PolicyRow): Promise<void> {
  await client.query(
    `insert into policies (${list}) values (${columns.map((_, index) => `$${index + 1}`).join(", ")})`,
    columns.map((column) => parameterOf(row, column)),
  );
}

/** The row must be locked. */
export async function updatePolicyRow(client: PoolClient, row: PolicyRow): Promise<void> {
  await client.query(
    `update policies set ${changing.map((column, index) => `${column} = $${index + 2}`).join(", ")} where id = $1`,
    [row.id, ...changing.map((column) => parameterOf(row, column))],
  );
}
