import { guarded } from "@peaqos/service-kit";
import { invalid } from "../kit/errors.ts";
import { every, type Periodic } from "../kit/every.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { cursorText, readCursor } from "../kit/paging.ts";
import { createHeadSigner } from "./heads.ts";
import {
  type EventRow,
  headsOf,
  insertHeads,
  rowsOf,
  selectChains,
  selectEvents,
  unsignedHeads,
} from "./store.ts";
import { type ChainResult, verifyChain } from "./verify.ts";

/** Reading and verifying the audit log; heads signed from time to time. */

export type Audit = {
  readonly handlers: MarketHandlers<"listAuditEvents" | "verifyAudit">;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Signs every chain that grew; what the timer does. @returns how many, 0 when another replica is at it. */
  signHeads(): Promise<number>;
};

/** Any number the replicas agree on: one of them signs. */
const signingLock = 7_238_114_903;
const headsPerRun = 10_000;
/** Chains an answer lists; `machineId` asks for one of more. */
const headsPerAnswer = 1_000;
const problemsPerAnswer = 1_000;

export function createAudit(market: Market): Audit {
  const { database, config, clock, logger, sealing } = market;
  const signer = createHeadSigner(sealing);
  let timer: Periodic | undefined;

  const view = (row: EventRow) => ({
    id: row.id,
    actor: row.actor,
    type: row.type,
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    payload: JSON.parse(row.payload) as Record<string, unknown>,
    machineId: row.machine_id,
    requestId: row.request_id,
    createdAt: row.created_at.toISOString(),
  });

  async function signHeads(): Promise<number> {
    if (signer === null) return 0;
    return database.transaction(async (client) => {
      const { rows } = await client.query<{ mine: boolean }>("select pg_try_advisory_xact_lock($1) as mine", [
        signingLock,
      ]);
      if (rows[0]?.mine !== true) return 0;
      const heads = await unsignedHeads(client, signer.keyId, headsPerRun);
      if (heads.length === 0) return 0;
      const now = clock.now();
      await insertHeads(
        client,
        heads.map((head) => signer.sign(head, now)),
      );
      return heads.length;
    });
  }

  async function verify(tenantId: string, only: string | null): Promise<ChainResult[]> {
    return database.transaction(async (client) => {
      // One picture of the whole log while others write on.
      await client.query("set transaction isolation level repeatable read, read only");
      const results: ChainResult[] = [];
      for (const { chain, seq, hash } of await selectChains(client, tenantId, only))
        results.push(
          await verifyChain({
            chain,
            head: seq === null || hash === null ? null : { seq, hash },
            signedHeads: await headsOf(client, chain),
            rows: rowsOf(client, chain),
            signer,
          }),
        );
      return results;
    });
  }

  return {
    signHeads,
    async start() {
      if (signer === null) {
        logger.warn(
          "audit heads are not signed: neither PEAQOS_ENCRYPTION_KEY nor PEAQOS_SESSION_SECRET is set",
        );
        return;
      }
      logger.info(
        { publicKey: signer.publicKey, keyId: signer.keyId },
        "audit heads are signed with this key",
      );
      timer = every(config.PEAQOS_AUDIT_HEAD_SECONDS * 1_000, "signing the audit heads", logger, async () => {
        const count = await signHeads();
        if (count > 0) logger.info({ count, keyId: signer.keyId }, "audit heads signed");
      });
    },
    async stop() {
      await timer?.stop();
    },
    handlers: {
      async listAuditEvents({ query, caller }) {
        const before = positionOf(query.cursor);
        const rows = await guarded(() =>
          selectEvents(database.pool, {
            tenantId: caller.tenantId,
            machineId: query.machineId ?? null,
            resourceType: query.resourceType ?? null,
            before,
            limit: query.limit + 1,
          }),
        );
        const page = rows.slice(0, query.limit);
        const last = page.at(-1);
        const more = rows.length > query.limit && last !== undefined;
        const body = {
          items: page.map(view),
          ...(more
            ? { nextCursor: cursorText({ createdAt: last.cursor_at, id: `${last.chain}~${last.seq}` }) }
            : {}),
        };
        return { status: 200, body };
      },

      async verifyAudit({ query, caller }) {
        const only = query.machineId === undefined ? null : `machine:${query.machineId}`;
        const results = await verify(caller.tenantId, only);
        const problems = results.flatMap((each) => each.problems);
        return {
          status: 200,
          body: {
            valid: problems.length === 0,
            chains: results.length,
            events: results.reduce((sum, each) => sum + each.events, 0),
            problems: problems.slice(0, problemsPerAnswer),
            heads: results
              .slice(0, headsPerAnswer)
              .map(({ head }) => ({ ...head, signedAt: head.signedAt?.toISOString() ?? null })),
          },
        };
      },
    },
  };
}

/** The cursor of this list names chain and number instead of an id, so that rows of one moment keep their order. */
function positionOf(text: string | undefined): { createdAt: string; chain: string; seq: number } | null {
  const cursor = readCursor(text);
  if (cursor === null) return null;
  const [, chain, seq] = /^(.+)~(\d{1,15})$/.exec(cursor.id) ?? [];
  if (chain === undefined || seq === undefined)
    throw invalid("cursor", "is not a nextCursor of this list; leave it out for the first page");
  return { createdAt: cursor.createdAt, chain, seq: Number(seq) };
}
