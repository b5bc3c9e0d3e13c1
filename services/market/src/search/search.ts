import { isDatabaseDown } from "@peaqos/service-kit";
import type { PoolClient } from "pg";
import { type AuditEntry, appendAudit } from "../audit/append.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Identity } from "../identity/identity.ts";
import { attempt } from "../kit/attempt.ts";
import { actorOf } from "../kit/caller.ts";
import { notFound } from "../kit/errors.ts";
import { every, type Periodic } from "../kit/every.ts";
import type { MarketHandlers, MarketRequestOf } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { idempotencyKey } from "../kit/write.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Policies } from "../policies/policies.ts";
import { createBatch } from "./batch.ts";
import type { BuyerContexts } from "./context.ts";
import { quoteFrom } from "./quotes.ts";
import { rank } from "./rank.ts";
import {
  deleteSearches,
  insertSearches,
  readQuote,
  readSearch,
  type SearchRow,
  type StoredQuote,
  searchText,
} from "./store.ts";
import { credentialProviders, normalizedOf, redactedRequest, taskOf } from "./task.ts";

export type { StoredQuote } from "./store.ts";

/** Search: ranked quotes, kept as they were answered. */
export type Search = {
  readonly handlers: MarketHandlers<"searchMarket" | "getMarketSearch">;
  /** A quote with what it promised; null when there is none. */
  readQuote(client: Pick<PoolClient, "query">, quoteId: string): Promise<StoredQuote | null>;
  start(): void;
  stop(): Promise<void>;
};

export type SearchDeps = {
  readonly pairings: Pairings;
  readonly catalogue: Catalogue;
  readonly policies: Policies;
  readonly identity: Identity;
  readonly contexts: BuyerContexts;
};

/** What a search leaves: its row and its line in the audit log. */
type Found = { readonly row: SearchRow; readonly entry: AuditEntry };

/** Searches that one transaction writes at most. */
const together = 64;
/** Searches are kept this long; orders keep their own copy of what they were quoted. */
const keepMs = 30 * 86_400_000;
const cleanUpMs = 3_600_000;

export function createSearch(market: Market, deps: SearchDeps): Search {
  const { config, database, clock, ids } = market;
  const ttlMs = config.PEAQOS_QUOTE_TTL_SECONDS * 1_000;
  const batch = createBatch<Found>(
    (list) =>
      database.transaction(async (client) => {
        await Promise.all([
          insertSearches(
            client,
            list.map(({ row }) => row),
          ),
          appendAudit(
            client,
            list.map(({ entry }) => entry),
            clock.now(),
            ids,
          ),
        ]);
      }),
    { most: together, isShared: isDatabaseDown },
  );
  let cleanUp: Periodic | undefined;

  async function find(request: MarketRequestOf<"searchMarket">): Promise<Found> {
    const { body, caller } = request;
    const { pairing, machine } = await deps.pairings.authorise(caller, {
      machineId: body.machineId,
      pairingId: body.agentPairingId,
    });
    const { tenantId } = pairing;
    const [policies, context, identity] = await Promise.all([
      machine.policy_ids.length === 0 ? [] : deps.policies.forMachine(tenantId, machine.policy_ids),
      deps.contexts.of(tenantId, machine.id, credentialProviders(body)),
      machine.identity_ref === null ? null : deps.identity.resolve(machine.identity_ref),
    ]);
    const task = taskOf(body);
    const ranking = rank(deps.catalogue.index, task, [pairing.policy, ...policies], context);
    const createdAt = clock.now();
    const expiresAt = new Date(createdAt.getTime() + ttlMs);
    const times = { createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
    const id = ids.next("msearch");
    const head = {
      id,
      machineId: machine.id,
      agentPairingId: pairing.id,
      requestPayload: redactedRequest(body),
      normalizedTask: normalizedOf(task, body, machine, identity),
      status: ranking.quotes.length > 0 ? "completed" : "no_match",
      matches: { considered: ranking.considered, matched: ranking.matched, dropped: ranking.dropped },
      createdAt: times.createdAt,
    };
    return {
      row: {
        id,
        tenantId,
        machineId: machine.id,
        agentPairingId: pairing.id,
        head: JSON.stringify(head),
        quotes: ranking.quotes.map((quote, place) => JSON.stringify(quoteFrom(id, place, quote, times))),
        createdAt,
        expiresAt,
      },
      entry: {
        actor: actorOf(caller),
        type: "search.completed",
        resourceType: "market-search",
        resourceId: id,
        machineId: machine.id,
        tenantId,
        requestId: request.id,
        payload: {
          status: head.status,
          serviceType: head.normalizedTask.serviceType,
          operation: head.normalizedTask.operation,
          quotes: ranking.quotes.length,
          ...head.matches,
        },
      },
    };
  }

  return {
    readQuote,
    start() {
      cleanUp = every(cleanUpMs, "removing old searches", market.logger, async () => {
        await deleteSearches(database.pool, new Date(clock.now().getTime() - keepMs));
      });
    },
    async stop() {
      await cleanUp?.stop();
    },
    handlers: {
      async searchMarket(request) {
        if (idempotencyKey(request.headers) === null) {
          const found = await find(request);
          await batch.add(found);
          return created(searchText(found.row.head, found.row.quotes));
        }
        const found = await attempt(() => find(request));
        const text = await market.write(request, async (tx) => {
          const { row, entry } = found();
          await insertSearches(tx.client, [row]);
          tx.audit(entry);
          return searchText(row.head, row.quotes);
        });
        return created(text);
      },
      async getMarketSearch({ caller, params }) {
        const text = await readSearch(database.pool, params.searchId, caller.tenantId);
        if (text === null) throw notFound("search", params.searchId);
        return answer(200, text);
      },
    },
  };

  function created(text: string) {
    return answer(201, text);
  }

  /** Sent as the text that is kept; read again only where answers are checked against their schema. */
  function answer(status: number, text: string) {
    const sent = { status, text: `{"item":${text}}` };
    return config.PEAQOS_MARKET_CHECK_ANSWERS ? { ...sent, body: { item: JSON.parse(text) } } : sent;
  }
}
