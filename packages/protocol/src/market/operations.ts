import type { z } from "zod";
import * as agents from "./operations/agents.ts";
import * as catalogue from "./operations/catalogue.ts";
import * as governance from "./operations/governance.ts";
import * as machines from "./operations/machines.ts";
import * as orders from "./operations/orders.ts";
import * as pairings from "./operations/pairings.ts";
import * as work from "./operations/work.ts";

/** The operation table of the market: the 46 calls of the published clients, and those that none of them binds. */
export const marketOperations = {
  ...machines,
  ...pairings,
  ...agents,
  ...catalogue,
  ...orders,
  ...governance,
  ...work,
} as const;

export type MarketOperations = typeof marketOperations;
export type MarketOperationId = keyof MarketOperations;

/** The item, one row, or the bare body of an operation's success. */
export type MarketAnswer<Id extends MarketOperationId> = MarketOperations[Id] extends {
  answer: infer S extends z.ZodType;
}
  ? z.output<S>
  : undefined;

/** What a caller sends in an operation's body. */
export type MarketRequest<Id extends MarketOperationId> = MarketOperations[Id] extends {
  body: infer S extends z.ZodType;
}
  ? z.input<S>
  : undefined;
