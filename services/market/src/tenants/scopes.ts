import {
  type MarketOperation,
  type MarketOperationId,
  marketOperations,
  type PlatformScope,
} from "@peaqos/protocol/market";
import type { PlatformCaller } from "../kit/caller.ts";
import { fail } from "../kit/errors.ts";

/** Which scope a platform key needs for which operation. */

const special: Partial<Record<MarketOperationId, PlatformScope>> = {
  putCatalogue: "catalogue",
  resolveMarketDispute: "resolver",
  listPlatformKeys: "keys",
  createPlatformKey: "keys",
  rotatePlatformKey: "keys",
  revokePlatformKey: "keys",
};

/** What only looks needs `read`; everything else `write`, but for the few above. */
export function scopeOf(id: MarketOperationId): PlatformScope {
  const operation: MarketOperation = marketOperations[id];
  return special[id] ?? (operation.idempotent ? "write" : "read");
}

/** @throws HttpError FORBIDDEN naming the scope that is missing. */
export function requireScope(caller: PlatformCaller, scope: PlatformScope): void {
  if (caller.scopes.has(scope)) return;
  throw fail("FORBIDDEN", `the platform key ${caller.keyId ?? ""} lacks the scope ${scope}`, {
    scope,
    scopes: [...caller.scopes],
  });
}
