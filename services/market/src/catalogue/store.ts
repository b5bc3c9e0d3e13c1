import { createHash } from "node:crypto";
import type { catalogueChangeSchema } from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import type { z } from "zod";
import { hashOfDocument, type MarketService, type ServiceDocument } from "./document.ts";

/** Statements of the catalogue. */

export type CatalogueChange = z.output<typeof catalogueChangeSchema>;

/** A service on the market now, with the hash of its content: its version. */
export type ListedService = { readonly service: MarketService; readonly hash: string };

type Queryable = Pick<PoolClient, "query">;

/** Heard by every replica: `services` or `health`. */
export const catalogueChannel = "market_catalogue";

/** Services of one statement; a large catalogue is written in several. */
const chunk = 1_000;

/**
 * Replaces the catalogue: writes what is new or changed, takes off what is missing, leaves the rest untouched. Other
 * replicas hear of it when the transaction commits.
 */
export async function replaceCatalogue(
  client: Queryable,
  version: string,
  documents: readonly ServiceDocument[],
  now: Date,
): Promise<CatalogueChange> {
  const { rows: heads } = await client.query<{ revision: number }>(
    `insert into market_catalogue (id, version, revision, updated_at) values (1, $1, 1, $2)
     on conflict (id) do update set version = excluded.version, revision = market_catalogue.revision + 1,
       updated_at = excluded.updated_at
     returning revision`,
    [version, now],
  );
  const revision = heads[0]!.revision;
  const { rows } = await client.query<{ id: string; hash: string; removed: boolean }>(
    "select id, hash, removed_at is not null as removed from market_services",
  );
  const before = new Map(rows.map((row) => [row.id, row]));
  const given = new Set(documents.map((document) => document.id));
  const written = documents
    .map((document) => ({ document, hash: hashOfDocument(document) }))
    .filter(({ document, hash }) => {
      const known = before.get(document.id);
      return known === undefined || known.removed || known.hash !== hash;
    });
  const gone = rows.filter((row) => !row.removed && !given.has(row.id)).map((row) => row.id);
  for (let from = 0; from < written.length; from += chunk)
    await upsert(client, written.slice(from, from + chunk), revision, now);
  if (gone.length > 0)
    await client.query("update market_services set removed_at = $2, revision = $3 where id = any($1)", [
      gone,
      now,
      revision,
    ]);
  await client.query("delete from market_service_health where not service_id = any($1)", [[...given]]);
  await client.query("select pg_notify($1, 'services')", [catalogueChannel]);
  const added = written.filter(({ document }) => before.get(document.id)?.removed !== false).length;
  return {
    version,
    services: documents.length,
    added,
    changed: written.length - added,
    removed: gone.length,
    unchanged: documents.length - written.length,
  };
}

async function upsert(
  client: Queryable,
  list: readonly { document: ServiceDocument; hash: string }[],
  revision: number,
  now: Date,
): Promise<void> {
  const column = (pick: (document: ServiceDocument) => string) => list.map(({ document }) => pick(document));
  await client.query(
    `insert into market_services (id, service_type, skill_key, provider_key, execution_mode, document, hash, revision,
       created_at, updated_at)
     select *, $8::bigint, $9::timestamptz, $9::timestamptz
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[])
     on conflict (id) do update set service_type = excluded.service_type, skill_key = excluded.skill_key,
       provider_key = excluded.provider_key, execution_mode = excluded.execution_mode, document = excluded.document,
       hash = excluded.hash, revision = excluded.revision, updated_at = excluded.updated_at, removed_at = null`,
    [
      column((document) => document.id),
      column((document) => document.serviceType),
      column((document) => document.skillKey),
      column((document) => document.providerKey),
      column((document) => document.executionMode),
      column((document) => JSON.stringify(document)),
      list.map(({ hash }) => hash),
      revision,
      now,
    ],
  );
}

type ServiceRow = {
  readonly id: string;
  readonly document: ServiceDocument;
  readonly hash: string;
  readonly updated_at: Date;
  readonly removed: boolean;
};

/** What changed after a revision; `null` in place of a service that went off the market. */
export async function readChanges(
  client: Queryable,
  since: number,
): Promise<{ revision: number; version: string | null; changes: Map<string, ListedService | null> }> {
  const { rows: heads } = await guarded(() =>
    client.query<{ revision: number; version: string }>("select revision, version from market_catalogue"),
  );
  const head = heads[0];
  if (head === undefined || head.revision === since)
    return { revision: since, version: head?.version ?? null, changes: new Map() };
  const { rows } = await guarded(() =>
    client.query<ServiceRow>(
      `select id, document, hash, updated_at, removed_at is not null as removed from market_services
       where revision > $1 order by id collate "C"`,
      [since],
    ),
  );
  const changes = new Map(
    rows.map((row) => {
      const service = { ...row.document, updatedAt: row.updated_at.toISOString() };
      return [row.id, row.removed ? null : { service, hash: row.hash }] as const;
    }),
  );
  return { revision: head.revision, version: head.version, changes };
}

export const hashOfFile = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Whether this very file was the last one loaded. Inside the transaction that loads it otherwise. */
export async function isLoadedFile(client: Queryable, hash: string): Promise<boolean> {
  // A row to lock: of two replicas that start together one loads the file, the other finds it loaded.
  await client.query(
    `insert into market_catalogue (id, version, revision, updated_at) values (1, '', 0, 'epoch')
     on conflict do nothing`,
  );
  const { rows } = await client.query<{ file_hash: string | null }>(
    "select file_hash from market_catalogue where id = 1 for update",
  );
  return rows[0]?.file_hash === hash;
}

export async function rememberFile(client: Queryable, hash: string): Promise<void> {
  await client.query("update market_catalogue set file_hash = $1 where id = 1", [hash]);
}
