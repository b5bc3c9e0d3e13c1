import type { Pool, PoolClient } from "pg";
import { notFound } from "../kit/errors.ts";
import { item, type MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { pageOf, readCursor } from "../kit/paging.ts";
import { noRules, policyView, ruleColumns } from "./rules.ts";
import {
  findPolicies,
  insertPolicy,
  listPolicyRows,
  lockPolicy,
  type Policy,
  type PolicyRow,
  updatePolicyRow,
} from "./store.ts";

export type { Policy } from "./store.ts";

/** Policies of a tenant that machines refer to by policyIds. */

export type Policies = {
  readonly handlers: MarketHandlers<"listPolicies" | "createPolicy" | "updatePolicy" | "getPolicy">;
  /**
   * The machine's policies, by id; unknown ids are passed over.
   *
   * @param client the transaction's, where one is open: a second connection inside a transaction could wait for itself.
   */
  forMachine(
    tenantId: string,
    policyIds: readonly string[],
    client?: Pick<Pool | PoolClient, "query">,
  ): Promise<Policy[]>;
};

export function createPolicies(market: Market): Policies {
  const { database, ids, write } = market;
  return {
    async forMachine(tenantId, policyIds, client = database.pool) {
      if (policyIds.length === 0) return [];
      return (await findPolicies(client, tenantId, policyIds)).map(policyView);
    },

    handlers: {
      async listPolicies({ query, caller }) {
        const after = readCursor(query.cursor);
        const rows = await listPolicyRows(database.pool, caller.tenantId, after, query.limit + 1);
        const body = pageOf(rows, query.limit, (row) => ({ createdAt: row.at, id: row.id }), policyView);
        return { status: 200, body };
      },

      async getPolicy({ params, caller }) {
        const [row] = await findPolicies(database.pool, caller.tenantId, [params.policyId]);
        if (row === undefined) throw notFound("policy", params.policyId);
        return item(policyView(row));
      },

      async createPolicy(request) {
        const view = await write(request, async (tx) => {
          const row: PolicyRow = {
            id: ids.next("pol"),
            tenant_id: request.caller.tenantId,
            name: request.body.name,
            ...ruleColumns(request.body, noRules),
            created_at: tx.now,
            updated_at: tx.now,
          };
          await insertPolicy(tx.client, row);
          const after = policyView(row);
          tx.audit({
            type: "policy.created",
            resourceType: "policy",
            resourceId: row.id,
            machineId: null,
            payload: { after },
          });
          return after;
        });
        return item(view, 201);
      },

      async updatePolicy(request) {
        const { policyId } = request.params;
        const view = await write(request, async (tx) => {
          const row = await lockPolicy(tx.client, request.caller.tenantId, policyId);
          if (row === undefined) throw notFound("policy", policyId);
          const before = policyView(row);
          const rules = ruleColumns(request.body, row);
          const changed = policyView({ ...row, ...rules, name: request.body.name ?? row.name });
          if (JSON.stringify(changed) === JSON.stringify(before)) return before;
          const next: PolicyRow = { ...row, ...rules, name: changed.name, updated_at: tx.now };
          await updatePolicyRow(tx.client, next);
          const after = policyView(next);
          tx.audit({
            type: "policy.updated",
            resourceType: "policy",
            resourceId: policyId,
            machineId: null,
            payload: { before, after },
          });
          return after;
        });
        return item(view);
      },
    },
  };
}
