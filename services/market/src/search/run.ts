import type { PoolClient } from "pg";
import type { Agents } from "../agents/agents.ts";
import type { Catalogue } from "../catalogue/catalogue.ts";
import type { Identity, ResolvedIdentity } from "../identity/identity.ts";
import type { Market } from "../kit/market.ts";
import type { WriteSource } from "../kit/write.ts";
import { createWriteBatches, type Written } from "../kit/write-batches.ts";
import type { ManyItem, ManyTx } from "../kit/write-many.ts";
import type { Machines } from "../machines/machines.ts";
import { type Caller, recheckAll, type Standing } from "../orders/standing.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Policies, Policy } from "../policies/policies.ts";
import type { Skills } from "../skills/skills.ts";
import type { SkillFlags } from "../skills/store.ts";
import { contextOf } from "./context.ts";
import { type Found, find } from "./find.ts";
import { insertSearches } from "./store.ts";
import { credentialProviders, type SearchRequest } from "./task.ts";

/**
 * Searches that arrive while others are being written are written together: their pairings and machines are read once
 * more, each is ranked or refused on its own, and one commit keeps all of them.
 */

export type SearchSource = WriteSource & { readonly caller: Caller; readonly body: SearchRequest };

export type RunDeps = {
  readonly pairings: Pairings;
  readonly machines: Machines;
  readonly agents: Pick<Agents, "liveProvidersOf">;
  readonly catalogue: Catalogue;
  readonly skills: Pick<Skills, "flagsOf">;
  readonly policies: Policies;
  readonly identity: Identity;
};

type Item = ManyItem & {
  readonly source: SearchSource;
  readonly standing: Standing;
  readonly identity: ResolvedIdentity | null;
  readonly flags: SkillFlags;
  readonly id: string;
  found?: Found;
};

export function createSearchRun(market: Market, deps: RunDeps) {
  const ttlMs = market.config.PEAQOS_QUOTE_TTL_SECONDS * 1_000;

  const add = createWriteBatches<Item, Found>(market, {
    max: 64,
    work: write,
    madeOf: (item) => item.found!,
  });

  async function write(
    client: PoolClient,
    now: Date,
    requests: readonly ManyTx<Item>[],
  ): Promise<readonly unknown[]> {
    const errors: unknown[] = requests.map(() => undefined);
    const machineIds = [...new Set(requests.map(({ item }) => item.standing.machine.id))];
    const [standings, machines, live] = await Promise.all([
      recheckAll(
        client,
        deps,
        requests.map(({ item }) => ({ caller: item.source.caller, standing: item.standing })),
      ),
      deps.machines.findMany(client, machineIds),
      deps.agents.liveProvidersOf(client, machineIds),
    ]);
    const policiesOf = policyReader(client, deps.policies);
    const { index } = deps.catalogue;
    const rows = await Promise.all(
      standings.map(async (standing, at) => {
        if ("error" in standing) {
          errors[at] = standing.error;
          return [];
        }
        const { item, audit } = requests[at]!;
        const machine = machines.get(standing.machine.id) ?? standing.machine;
        const { body } = item.source;
        item.found = find(index, {
          id: item.id,
          body,
          pairing: standing.pairing,
          machine,
          identity: item.identity,
          policies: await policiesOf(machine.tenant_id, machine.policy_ids),
          context: contextOf(item.flags, live.get(machine.id) ?? [], credentialProviders(body)),
          now,
          ttlMs,
        });
        audit({
          type: "search.completed",
          resourceType: "market-search",
          resourceId: item.id,
          machineId: machine.id,
          payload: item.found.payload,
        });
        return [item.found.row];
      }),
    );
    if (rows.flat().length > 0) await insertSearches(client, rows.flat());
    return errors;
  }

  return {
    /** @throws HttpError when the pairing or its machine may no longer act. */
    async run(source: SearchSource, standing: Standing): Promise<Written<Found>> {
      const { identity_ref: ref } = standing.machine;
      const [flags, identity] = await Promise.all([
        deps.skills.flagsOf(standing.pairing.tenantId),
        ref === null ? null : deps.identity.resolve(ref),
      ]);
      const id = market.ids.next("msearch");
      return add({ source, standing, identity, flags, id, keep: `{"id":"${id}"}` });
    },
  };
}

const none: Promise<Policy[]> = Promise.resolve([]);

/** Each set of policies once for a batch. */
function policyReader(client: PoolClient, policies: Policies) {
  const known = new Map<string, Promise<Policy[]>>();
  return (tenantId: string, ids: readonly string[]): Promise<Policy[]> => {
    if (ids.length === 0) return none;
    const word = JSON.stringify([tenantId, ids]);
    const before = known.get(word) ?? policies.forMachine(tenantId, ids, client);
    known.set(word, before);
    return before;
  };
}
