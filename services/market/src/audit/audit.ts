import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";

/** Reading and verifying the audit log; heads signed from time to time. */

export type Audit = {
  readonly handlers: MarketHandlers<"listAuditEvents" | "verifyAudit">;
  start(): Promise<void>;
  stop(): Promise<void>;
};

export function createAudit(_market: Market): Audit {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    handlers: missing("listAuditEvents", "verifyAudit"),
  } as never;
}
