import type { IncomingHttpHeaders } from "node:http";
import { platformScopes } from "@peaqos/protocol/market";
import { guarded } from "@peaqos/service-kit";
import type { MarketConfig } from "../config.ts";
import { defaultTenant, type PlatformCaller } from "../kit/caller.ts";
import { fail } from "../kit/errors.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { isAlive, keyHandlers } from "./handlers.ts";
import { hashesEqual, hashOfSecret, sentSecret } from "./secret.ts";
import { keyByHash, touchKey } from "./store.ts";

/**
 * Platform keys: who may use the operator's side of the market, and for what. A key is read from the database at each
 * call, so a revoked one opens nothing from the next call on, on every replica.
 */

export type Tenants = {
  readonly handlers: MarketHandlers<
    "listPlatformKeys" | "createPlatformKey" | "rotatePlatformKey" | "revokePlatformKey"
  >;
  /** @throws HttpError AUTH_REQUIRED, AUTH_INVALID. */
  authenticate(headers: IncomingHttpHeaders): Promise<PlatformCaller>;
  /** Hash of the key a request carries when it was valid a moment ago; for counting calls, never for letting in. */
  recentKey(headers: IncomingHttpHeaders): string | null;
};

/** Keys seen valid, for the rate limit's buckets. */
const recentAtMost = 10_000;
const touchEveryMs = 60_000;

const all: ReadonlySet<(typeof platformScopes)[number]> = new Set(platformScopes);

export function createTenants(market: Market): Tenants {
  const { config, database, clock, logger } = market;
  const recent = new Set<string>();

  function seen(hash: string): void {
    if (recent.size >= recentAtMost) recent.clear();
    recent.add(hash);
  }

  /** A key that the operator set in the environment: a tenant's first, for everything. */
  function fromEnvironment(hash: string): PlatformCaller | null {
    let found: MarketConfig["PEAQOS_API_KEYS"][number] | null = null;
    // Every key is looked at, so that the time taken says nothing.
    for (const each of config.PEAQOS_API_KEYS) if (hashesEqual(each.hash, hash)) found = each;
    if (found === null) return null;
    const { tenantId } = found;
    return { kind: "platform", tenantId, keyId: `env-${found.hash.slice(0, 8)}`, scopes: all };
  }

  async function fromDatabase(hash: string): Promise<PlatformCaller> {
    const row = await guarded(() => keyByHash(database.pool, hash));
    if (row === undefined || !hashesEqual(row.hash, hash)) throw fail("AUTH_INVALID");
    const now = clock.now();
    if (!isAlive(row, now)) {
      recent.delete(hash);
      const reason = row.revoked_at === null ? "expired" : "revoked";
      throw fail("AUTH_INVALID", `the platform key ${row.id} is ${reason}`, { reason });
    }
    if (row.last_used_at === null || now.getTime() - row.last_used_at.getTime() > touchEveryMs)
      touchKey(database.pool, row.id, now).catch((error: unknown) =>
        logger.debug({ err: error, key: row.id }, "the use of a platform key was not noted"),
      );
    return { kind: "platform", tenantId: row.tenant_id, keyId: row.id, scopes: new Set(row.scopes) };
  }

  return {
    handlers: keyHandlers(market),
    async authenticate(headers) {
      const secret = sentSecret(headers);
      if (secret === null) {
        if (config.PEAQOS_REQUIRE_API_AUTH) throw fail("AUTH_REQUIRED");
        return { kind: "platform", tenantId: defaultTenant, keyId: null, scopes: all };
      }
      const hash = hashOfSecret(secret);
      const caller = fromEnvironment(hash) ?? (await fromDatabase(hash));
      seen(hash);
      return caller;
    },
    recentKey(headers) {
      const secret = sentSecret(headers);
      if (secret === null) return null;
      const hash = hashOfSecret(secret);
      return recent.has(hash) ? hash : null;
    },
  };
}
