import type { Agents } from "../agents/agents.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Disputes } from "../disputes/disputes.ts";
import type { JobHandlers } from "../jobs/jobs.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";
import type { Orders } from "../orders/orders.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Skills } from "../skills/skills.ts";

/** Execution of orders at their providers, at most one effect each. */

export type Execution = {
  readonly handlers: MarketHandlers<"executeMarketOrder" | "retryMarketOrder">;
  readonly jobs: JobHandlers;
};

export function createExecution(
  _market: Market,
  _deps: {
    pairings: Pairings;
    orders: Orders;
    disputes: Disputes;
    agents: Agents;
    skills: Skills;
    catalogue: Catalogue;
  },
): Execution {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    handlers: missing("executeMarketOrder", "retryMarketOrder"),
  } as never;
}
