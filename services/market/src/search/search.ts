import type { marketQuoteSchema } from "@peaqos/protocol/market";
import type { PoolClient } from "pg";
import type { z } from "zod";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Policies } from "../policies/policies.ts";

/** Search: ranked quotes, kept until they expire. */

export type StoredQuote = {
  readonly quote: z.output<typeof marketQuoteSchema>;
  /** Exact price as decimal text, null where the provider sets none. */
  readonly amount: string | null;
  readonly currency: string | null;
  readonly searchId: string;
  readonly machineId: string;
  readonly agentPairingId: string | null;
  readonly expiresAt: Date;
};

export type Search = {
  readonly handlers: MarketHandlers<"searchMarket" | "getMarketSearch">;
  /** A quote with what it promised; null when there is none. */
  readQuote(client: Pick<PoolClient, "query">, quoteId: string): Promise<StoredQuote | null>;
};

export function createSearch(
  _market: Market,
  _deps: { pairings: Pairings; catalogue: Catalogue; policies: Policies },
): Search {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    handlers: missing("searchMarket", "getMarketSearch"),
  } as never;
}
