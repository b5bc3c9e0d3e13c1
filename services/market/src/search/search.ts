import type { PoolClient } from "pg";
import { notFound } from "../kit/errors.ts";
import { every, type Periodic } from "../kit/every.ts";
import type { MarketHandlers, MarketRequestOf } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { idempotencyKey } from "../kit/write.ts";
import type { Written } from "../kit/write-batches.ts";
import type { Entry } from "../orders/entry.ts";
import type { Found } from "./find.ts";
import { createSearchRun, type RunDeps } from "./run.ts";
import { deleteSearches, readQuote, readSearch, type StoredQuote, searchText } from "./store.ts";

export type { StoredQuote } from "./store.ts";

/** Search: ranked quotes, kept as they were answered. */
export type Search = {
  readonly handlers: MarketHandlers<"searchMarket" | "getMarketSearch">;
  /** A quote with what it promised; null when there is none. */
  readQuote(client: Pick<PoolClient, "query">, quoteId: string): Promise<StoredQuote | null>;
  start(): void;
  stop(): Promise<void>;
};

/** Searches are kept this long; orders keep their own copy of what they were quoted. */
const keepMs = 30 * 86_400_000;
const cleanUpMs = 3_600_000;

export function createSearch(market: Market, deps: RunDeps & { readonly enter: Entry }): Search {
  const { config, database, clock } = market;
  const { run } = createSearchRun(market, deps);
  const { enter } = deps;
  let cleanUp: Periodic | undefined;

  async function kept(request: MarketRequestOf<"searchMarket">): Promise<Written<Found>> {
    const { body, caller } = request;
    try {
      const done = await run(request, await enter(caller, body));
      if ("replayOf" in done) await deps.pairings.holds(caller);
      return done;
    } catch (error) {
      if (idempotencyKey(request.headers) === null) throw error;
      await deps.pairings.holds(caller);
      // A repeated request is answered from what it made, whatever has changed since but the caller.
      const before = await market.write<{ id: string }>(request, () => Promise.reject(error));
      return { replayOf: before.id };
    }
  }

  /** Sent as the text that is kept; read again only where answers are checked against their schema. */
  function answer(status: number, text: string) {
    const sent = { status, text: `{"item":${text}}` };
    return config.PEAQOS_MARKET_CHECK_ANSWERS ? { ...sent, body: { item: JSON.parse(text) } } : sent;
  }

  async function stored(searchId: string, tenantId: string): Promise<string> {
    const text = await readSearch(database.pool, searchId, tenantId);
    if (text === null) throw notFound("search", searchId);
    return text;
  }

  return {
    readQuote,
    start() {
      cleanUp = every(cleanUpMs, "removing old searches", market.logger, async () => {
        await deleteSearches(database.pool, new Date(clock.now().getTime() - keepMs));
      });
    },
    async stop() {
      await cleanUp?.stop();
    },
    handlers: {
      async searchMarket(request) {
        const done = await kept(request);
        return answer(
          201,
          "made" in done
            ? searchText(done.made.row.head, done.made.row.quotes)
            : await stored(done.replayOf, request.caller.tenantId),
        );
      },
      async getMarketSearch({ caller, params }) {
        return answer(200, await stored(params.searchId, caller.tenantId));
      },
    },
  };
}
