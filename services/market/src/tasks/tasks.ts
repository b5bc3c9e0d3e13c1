import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Execution } from "../execution/execution.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";
import type { Machines } from "../machines/machines.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Policies } from "../policies/policies.ts";

/** Tasks with their routes, runs and outcomes. */

export type Tasks = {
  readonly handlers: MarketHandlers<
    | "listTasks"
    | "createTask"
    | "getTask"
    | "discoverTask"
    | "resolveTask"
    | "executeTask"
    | "listRoutes"
    | "getRoute"
    | "listRuns"
    | "getRun"
    | "listOutcomes"
    | "getOutcome"
  >;
};

export function createTasks(
  _market: Market,
  _deps: {
    machines: Machines;
    pairings: Pairings;
    catalogue: Catalogue;
    policies: Policies;
    execution: Execution;
  },
): Tasks {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    handlers: missing(
      "listTasks",
      "createTask",
      "getTask",
      "discoverTask",
      "resolveTask",
      "executeTask",
      "listRoutes",
      "getRoute",
      "listRuns",
      "getRun",
      "listOutcomes",
      "getOutcome",
    ),
  } as never;
}
