import { createHash } from "node:crypto";
import type { Database } from "./database.ts";
import { guarded } from "./errors.ts";

/** One step of a schema. Never changed once released: a correction is a new step. */
export type Migration = { readonly id: number; readonly name: string; readonly sql: string };

/** The database's schema and this program do not fit together. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/** Any number that all replicas agree on: they wait for each other here. */
const migrationLock = 7_238_114_901;

const digestOf = (sql: string) => createHash("sha256").update(sql).digest("hex").slice(0, 16);

/**
 * Brings a database to the newest schema, each step in its own transaction, one replica at a time.
 *
 * @returns the names of the steps that were applied now.
 * @throws MigrationError when the database is newer than this program, or an applied step was edited.
 */
export async function migrate<Schema>(
  database: Database<Schema>,
  migrations: readonly Migration[],
): Promise<string[]> {
  for (const [position, migration] of migrations.entries())
    if (migration.id !== position + 1)
      throw new MigrationError(
        `migration "${migration.name}" has id ${migration.id}, expected ${position + 1}`,
      );
  return database.withClient(async (client) => {
    await guarded(() => client.query("select pg_advisory_lock($1)", [migrationLock]));
    try {
      await client.query(
        "create table if not exists schema_migrations (id bigint primary key, name text not null, digest text not null, applied_at timestamptz not null default now())",
      );
      const { rows } = await client.query<{ id: number; name: string; digest: string }>(
        "select id, name, digest from schema_migrations order by id",
      );
      const applied: string[] = [];
      for (const row of rows) {
        const known = migrations[row.id - 1];
        if (known === undefined)
          throw new MigrationError(
            `the database has schema step ${row.id} "${row.name}", this program knows ${migrations.length}: start the newer program`,
          );
        if (known.name !== row.name || digestOf(known.sql) !== row.digest)
          throw new MigrationError(
            `schema step ${row.id} "${row.name}" was changed after it had been applied`,
          );
      }
      for (const migration of migrations.slice(rows.length)) {
        await client.query("begin");
        try {
          await client.query(migration.sql);
          await client.query("insert into schema_migrations (id, name, digest) values ($1, $2, $3)", [
            migration.id,
            migration.name,
            digestOf(migration.sql),
          ]);
          await client.query("commit");
        } catch (error) {
          await client.query("rollback").catch(() => undefined);
          throw error;
        }
        applied.push(migration.name);
      }
      return applied;
    } finally {
      await client.query("select pg_advisory_unlock($1)", [migrationLock]).catch(() => undefined);
    }
  });
}
