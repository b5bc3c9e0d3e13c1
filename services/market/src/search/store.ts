import { guarded } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import { type MarketService, priceOf } from "./price.ts";
import type { MarketQuote } from "./quotes.ts";

/** Statements of searches and quotes. */

export type SearchRow = {
  readonly id: string;
  readonly tenantId: string;
  readonly machineId: string;
  readonly agentPairingId: string | null;
  /** JSON text of the answer without its quotes. */
  readonly head: string;
  /** JSON text of each quote, best first. */
  readonly quotes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
};

type Queryable = Pick<PoolClient, "query">;

/** All of them in one statement. */
export async function insertSearches(client: Queryable, rows: readonly SearchRow[]): Promise<void> {
  const values: unknown[] = [];
  const places = rows.map((row) => {
    const from = values.push(
      row.id,
      row.tenantId,
      row.machineId,
      row.agentPairingId,
      row.head,
      row.quotes.join("\n"),
      row.createdAt,
      row.expiresAt,
    );
    return `(${Array.from({ length: 8 }, (_, i) => `$${from - 7 + i}`).join(", ")})`;
  });
  await guarded(() =>
    client.query({
      // One plan for each number of rows; a batch has a limit.
      name: `insert_searches_${rows.length}`,
      text: `insert into market_searches (id, tenant_id, machine_id, agent_pairing_id, head, quotes, created_at,
          expires_at)
        values ${places.join(", ")}`,
      values,
    }),
  );
}

/** JSON text of a search as it was answered; null for one that does not exist or is another tenant's. */
export async function readSearch(
  client: Queryable,
  searchId: string,
  tenantId: string,
): Promise<string | null> {
  const { rows } = await guarded(() =>
    client.query<{ head: string; quotes: string }>(
      "select head, quotes from market_searches where id = $1 and tenant_id = $2",
      [searchId, tenantId],
    ),
  );
  const row = rows[0];
  return row === undefined ? null : searchText(row.head, row.quotes === "" ? [] : row.quotes.split("\n"));
}

/** The answer put together again. */
export function searchText(head: string, quotes: readonly string[]): string {
  return `${head.slice(0, -1)},"quotes":[${quotes.join(",")}]}`;
}

export type StoredQuote = {
  readonly quote: MarketQuote;
  /** Exact price as decimal text, null where the provider sets none. */
  readonly amount: string | null;
  readonly currency: string | null;
  readonly searchId: string;
  readonly machineId: string;
  readonly agentPairingId: string | null;
  readonly expiresAt: Date;
};

const quoteIdPattern = /^mquote_([0-9a-f]{12})([0-9a-f]{2})$/;

/** A quote's id holds its search's and its place there: quotes need no rows and no index of their own. */
export function quoteIdOf(searchId: string, place: number): string {
  return `mquote_${searchId.slice(searchId.indexOf("_") + 1)}${place.toString(16).padStart(2, "0")}`;
}

/** A quote with what it promised; null when there is none. */
export async function readQuote(client: Queryable, quoteId: string): Promise<StoredQuote | null> {
  const [, search, place] = quoteIdPattern.exec(quoteId) ?? [];
  if (search === undefined || place === undefined) return null;
  const { rows } = await guarded(() =>
    client.query<{
      id: string;
      machine_id: string;
      agent_pairing_id: string | null;
      quote: string | null;
      expires_at: Date;
    }>(
      `select id, machine_id, agent_pairing_id, split_part(quotes, E'\\n', $2) as quote, expires_at from market_searches where id = $1`,
      [`msearch_${search}`, Number.parseInt(place, 16) + 1],
    ),
  );
  const row = rows[0];
  if (!row?.quote) return null;
  const quote = JSON.parse(row.quote) as MarketQuote;
  return {
    quote,
    amount: priceOf(quote as Pick<MarketService, "pricing">)?.amount ?? null,
    currency: quote.pricing.currency,
    searchId: row.id,
    machineId: row.machine_id,
    agentPairingId: row.agent_pairing_id,
    expiresAt: row.expires_at,
  };
}

/** Removes old searches in pieces. @returns how many went. */
export async function deleteSearches(client: Queryable, before: Date): Promise<number> {
  const batch = 5_000;
  let removed = 0;
  for (let count = batch; count === batch; removed += count)
    count =
      (
        await guarded(() =>
          client.query(
            `delete from market_searches where id in (
               select id from market_searches where created_at < $1 limit ${batch})`,
            [before],
          ),
        )
      ).rowCount ?? 0;
  return removed;
}
