import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";

/** Statements about how a tenant has set up its skills. */

export type SkillConfigRow = {
  readonly enabled: boolean;
  readonly settings: Record<string, unknown>;
  /** Sealed; null: none. */
  readonly credentials: string | null;
  readonly updated_at: Date;
};

type Queryable = Pick<PoolClient, "query">;

/** @param lock keeps the row until the transaction ends. */
export async function readConfig(
  client: Queryable,
  tenantId: string,
  skillKey: string,
  lock = false,
): Promise<SkillConfigRow | null> {
  const { rows } = await guarded(() =>
    client.query<SkillConfigRow>(
      `select enabled, settings, credentials, updated_at from skill_configs
       where tenant_id = $1 and skill_key = $2${lock ? " for update" : ""}`,
      [tenantId, skillKey],
    ),
  );
  return rows[0] ?? null;
}

/** Makes sure that there is a row to lock, so that two first configurations do not overwrite each other. */
export async function ensureConfig(
  client: Queryable,
  tenantId: string,
  skillKey: string,
  now: Date,
): Promise<void> {
  await client.query(
    `insert into skill_configs (tenant_id, skill_key, enabled, settings, updated_at)
     values ($1, $2, true, '{}', $3) on conflict do nothing`,
    [tenantId, skillKey, now],
  );
}

export async function writeConfig(
  client: Queryable,
  tenantId: string,
  skillKey: string,
  row: SkillConfigRow,
): Promise<void> {
  await client.query(
    `update skill_configs set enabled = $3, settings = $4, credentials = $5, updated_at = $6
     where tenant_id = $1 and skill_key = $2`,
    [tenantId, skillKey, row.enabled, JSON.stringify(row.settings), row.credentials, row.updated_at],
  );
}

/** What a search needs to know of a tenant's skills. */
export type SkillFlags = {
  readonly enabled: ReadonlySet<string>;
  readonly credentials: ReadonlySet<string>;
  readonly disabled: ReadonlySet<string>;
};

export async function readFlags(client: Queryable, tenantId: string): Promise<SkillFlags> {
  const { rows } = await guarded(() =>
    client.query<{ skill_key: string; enabled: boolean; has: boolean }>(
      `select skill_key, enabled, credentials is not null as has from skill_configs where tenant_id = $1`,
      [tenantId],
    ),
  );
  const keys = (keep: (row: (typeof rows)[number]) => boolean) =>
    new Set(rows.filter(keep).map((row) => row.skill_key));
  return {
    enabled: keys((row) => row.enabled),
    credentials: keys((row) => row.enabled && row.has),
    disabled: keys((row) => !row.enabled),
  };
}
