import type { marketServiceSchema } from "@peaqos/protocol/market";
import type { z } from "zod";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";

/** The catalogue of services: kept in the database, indexed in the process. */

export type MarketService = z.output<typeof marketServiceSchema>;

export type Catalogue = {
  readonly handlers: MarketHandlers<"listMarketServices" | "getMarketService" | "putCatalogue">;
  /** Loads the file and the index. */
  start(): Promise<void>;
  /** From the index of this replica; undefined when it is not (or no longer) listed. */
  findService(serviceId: string): MarketService | undefined;
};

export function createCatalogue(_market: Market): Catalogue {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    handlers: missing("listMarketServices", "getMarketService", "putCatalogue"),
  } as never;
}
