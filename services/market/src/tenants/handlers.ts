import type { MarketAnswer } from "@peaqos/protocol/market";
import { fail, invalid, notFound } from "../kit/errors.ts";
import { item, type MarketHandlers, noContent } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { pageOf, readCursor } from "../kit/paging.ts";
import { requireScope } from "./scopes.ts";
import { hashOfSecret, newSecret } from "./secret.ts";
import { insertKey, type KeyRow, listKeys, lockKey, replaceKey, revokeKey } from "./store.ts";

/** Platform keys over HTTP. Nobody can make, or take over by rotation, a key that may do more than his own. */

type KeyOperations = "listPlatformKeys" | "createPlatformKey" | "rotatePlatformKey" | "revokePlatformKey";

const iso = (time: Date | null) => time?.toISOString() ?? null;

export function keyView(row: KeyRow): MarketAnswer<"listPlatformKeys"> {
  return {
    id: row.id,
    name: row.name,
    scopes: row.scopes,
    lastFour: row.last_four,
    createdAt: row.created_at.toISOString(),
    expiresAt: iso(row.expires_at),
    lastUsedAt: iso(row.last_used_at),
    revokedAt: iso(row.revoked_at),
    replacedBy: row.replaced_by,
  };
}

export function keyHandlers(market: Market): MarketHandlers<KeyOperations> {
  const { database, ids } = market;

  return {
    async listPlatformKeys({ query, caller }) {
      const rows = await listKeys(database.pool, caller.tenantId, readCursor(query.cursor), query.limit);
      const body = pageOf(rows, query.limit, (row) => ({ createdAt: row.cursor_at, id: row.id }), keyView);
      return { status: 200, body };
    },

    async createPlatformKey(request) {
      const { body, caller } = request;
      const scopes = [...new Set(body.scopes)];
      for (const scope of scopes) requireScope(caller, scope);
      const view = await market.write(
        request,
        async (tx) => {
          const expiresAt = body.expiresAt === undefined ? null : new Date(body.expiresAt);
          if (expiresAt !== null && expiresAt <= tx.now)
            throw invalid("expiresAt", `${body.expiresAt} is over already; name a later time`);
          const secret = newSecret(ids);
          const row = await insertKey(
            tx.client,
            {
              id: ids.next("pkey"),
              tenant_id: caller.tenantId,
              name: body.name,
              hash: hashOfSecret(secret),
              last_four: secret.slice(-4),
              scopes,
              expires_at: expiresAt,
              rotated_from: null,
            },
            tx.now,
          );
          tx.audit(
            entry("platform-key.created", row.id, { name: row.name, scopes, expiresAt: iso(expiresAt) }),
          );
          return { ...keyView(row), key: secret };
        },
        { secret: true },
      );
      return item(view, 201);
    },

    async rotatePlatformKey(request) {
      const { body, params, caller } = request;
      const view = await market.write(
        request,
        async (tx) => {
          const old = await lockKey(tx.client, caller.tenantId, params.keyId);
          if (old === undefined) throw notFound("platform key", params.keyId);
          for (const scope of old.scopes) requireScope(caller, scope);
          if (!isAlive(old, tx.now) || old.replaced_by !== null)
            throw fail("CONFLICT", `the platform key ${old.id} works no more or was rotated already`, {
              reason: "key_not_active",
              replacedBy: old.replaced_by,
            });
          const secret = newSecret(ids);
          const row = await insertKey(
            tx.client,
            {
              id: ids.next("pkey"),
              tenant_id: caller.tenantId,
              name: old.name,
              hash: hashOfSecret(secret),
              last_four: secret.slice(-4),
              scopes: old.scopes,
              expires_at: sameLife(old, tx.now),
              rotated_from: old.id,
            },
            tx.now,
          );
          const graceEnd = new Date(tx.now.getTime() + (body.graceSeconds ?? 0) * 1_000);
          const end = old.expires_at !== null && old.expires_at < graceEnd ? old.expires_at : graceEnd;
          await replaceKey(tx.client, old.id, row.id, end);
          tx.audit(entry("platform-key.rotated", old.id, { replacedBy: row.id, worksUntil: iso(end) }));
          return { ...keyView(row), key: secret };
        },
        { secret: true },
      );
      return item(view, 201);
    },

    async revokePlatformKey(request) {
      const { params, caller } = request;
      await market.write(request, async (tx) => {
        const row = await lockKey(tx.client, caller.tenantId, params.keyId);
        if (row === undefined) throw notFound("platform key", params.keyId);
        if (row.revoked_at !== null) return;
        await revokeKey(tx.client, row.id, tx.now);
        tx.audit(entry("platform-key.revoked", row.id, { name: row.name }));
      });
      return noContent;
    },
  };
}

export function isAlive(row: KeyRow, now: Date): boolean {
  return row.revoked_at === null && (row.expires_at === null || row.expires_at > now);
}

/** A key made for a month is followed by one made for a month. */
function sameLife(old: KeyRow, now: Date): Date | null {
  if (old.expires_at === null) return null;
  return new Date(now.getTime() + old.expires_at.getTime() - old.created_at.getTime());
}

const entry = (type: string, resourceId: string, payload: Record<string, unknown>) => ({
  type,
  resourceType: "platform-key",
  resourceId,
  machineId: null,
  payload,
});
