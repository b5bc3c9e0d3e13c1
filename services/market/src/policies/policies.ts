import type { policySchema } from "@peaqos/protocol/market";
import type { z } from "zod";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";

/** Policies of a tenant that machines refer to by policyIds. */

export type Policy = z.output<typeof policySchema>;

export type Policies = {
  readonly handlers: MarketHandlers<"listPolicies" | "createPolicy" | "updatePolicy" | "getPolicy">;
  /** The machine's policies, by id; unknown ids are passed over. */
  forMachine(tenantId: string, policyIds: readonly string[]): Promise<Policy[]>;
};

export function createPolicies(_market: Market): Policies {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    handlers: missing("listPolicies", "createPolicy", "updatePolicy", "getPolicy"),
  } as never;
}
