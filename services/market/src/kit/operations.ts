import type { MarketHandlers } from "./handlers.ts";
import { missing } from "./missing.ts";

/** Liveness and readiness. */
export function createOperations(): { handlers: MarketHandlers<"getHealth" | "getReadiness"> } {
  return { handlers: missing("getHealth", "getReadiness") };
}
