import type { PoolClient } from "pg";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Payments } from "../payments/payments.ts";
import type { Policies, Policy } from "../policies/policies.ts";
import type { Search, StoredQuote } from "../search/search.ts";
import type { Facts, OrderBody } from "./draft.ts";
import type { Standing } from "./standing.ts";

/** What the rules need to know of each request, asked once for what several name. */
export type KnowsFacts = (
  client: Pick<PoolClient, "query">,
  now: Date,
  requests: readonly {
    readonly body: OrderBody;
    readonly standing: Standing;
    readonly ids: Facts["ids"];
  }[],
) => Promise<Facts[]>;

export function createFacts(deps: {
  catalogue: Catalogue;
  search: Search;
  policies: Policies;
  payments: Payments;
}): KnowsFacts {
  return async (client, now, requests) => {
    const quotes = new Map<string, Promise<StoredQuote | null>>();
    const policies = new Map<string, Promise<Policy[]>>();
    return Promise.all(
      requests.map(async ({ body, ids, standing: { pairing, machine } }) => {
        const { quoteId } = body;
        let quote: Promise<StoredQuote | null> | null = null;
        if (quoteId !== undefined) {
          quote = quotes.get(quoteId) ?? deps.search.readQuote(client, quoteId);
          quotes.set(quoteId, quote);
        }
        let list = policies.get(machine.id);
        if (list === undefined && machine.policy_ids.length > 0) {
          list = deps.policies.forMachine(machine.tenant_id, machine.policy_ids, client);
          policies.set(machine.id, list);
        }
        return {
          now,
          pairing,
          machine,
          service: deps.catalogue.findService(body.serviceId),
          quote: await quote,
          policies: (await list) ?? [],
          forOrder: deps.payments.forOrder,
          ids,
        };
      }),
    );
  };
}
