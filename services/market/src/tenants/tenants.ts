import type { IncomingHttpHeaders } from "node:http";
import { defaultTenant, type PlatformCaller, type PlatformScope, platformScopes } from "../kit/caller.ts";
import { fail } from "../kit/errors.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";

/** Platform keys: who may use the operator's side of the market, and for what. */

export type Tenants = {
  readonly handlers: MarketHandlers<
    "listPlatformKeys" | "createPlatformKey" | "rotatePlatformKey" | "revokePlatformKey"
  >;
  /** @throws HttpError AUTH_REQUIRED, AUTH_INVALID. */
  authenticate(headers: IncomingHttpHeaders): Promise<PlatformCaller>;
};

/** @throws HttpError FORBIDDEN. */
export function requireScope(caller: PlatformCaller, scope: PlatformScope): void {
  if (!caller.scopes.has(scope)) throw fail("AUTH_INVALID", `the platform key lacks the scope ${scope}`);
}

export function createTenants(_market: Market): Tenants {
  return {
    handlers: missing("listPlatformKeys", "createPlatformKey", "rotatePlatformKey", "revokePlatformKey"),
    async authenticate() {
      return { kind: "platform", tenantId: defaultTenant, keyId: null, scopes: new Set(platformScopes) };
    },
  };
}
