import { stringifyJson } from "@peaqos/protocol";
import type { Catalogue } from "../catalogue/catalogue.ts";
import { item, type MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { pageOf, readCursor } from "../kit/paging.ts";
import type { WriteTx } from "../kit/write.ts";
import type { Machines } from "../machines/machines.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Payments } from "../payments/payments.ts";
import type { Policies } from "../policies/policies.ts";
import type { Search } from "../search/search.ts";
import { createAllowance } from "./allowance.ts";
import { cancelOrder } from "./cancel.ts";
import { createChecking } from "./check.ts";
import type { Entry } from "./entry.ts";
import { createFacts } from "./facts.ts";
import { checkInput } from "./input.ts";
import { createPlacing, type PlaceSource } from "./place.ts";
import { placeMany } from "./place-many.ts";
import { orderText, type ShownOrder } from "./shown.ts";
import { releaseSpend } from "./spend.ts";
import type { Standing } from "./standing.ts";
import { listOrders, type OrderRow, orderOf, orderRow, orderView } from "./store.ts";

/** Orders: placing within the limits, reading, cancelling, what is left to spend. */

export type Orders = {
  readonly handlers: MarketHandlers<
    | "createMarketOrder"
    | "createMarketOrders"
    | "checkMarketOrder"
    | "listMarketOrders"
    | "getMarketOrder"
    | "cancelMarketOrder"
    | "getPairingAllowance"
  >;
  /** Gives an order's reserved amount back to its day; does nothing when it holds none. */
  releaseSpend(tx: WriteTx, order: OrderRow): Promise<void>;
};

export function createOrders(
  market: Market,
  deps: {
    enter: Entry;
    pairings: Pairings;
    machines: Machines;
    catalogue: Catalogue;
    search: Search;
    policies: Policies;
    payments: Payments;
  },
): Orders {
  const { enter, pairings, machines, payments } = deps;
  const { pool } = market.database;
  const facts = createFacts(deps);
  const placing = createPlacing(market, { pairings, machines, payments, facts });
  const check = createChecking(market, { pairings, facts });
  const allowance = createAllowance(market, deps);

  /** @throws HttpError of the first rule that the order breaks. */
  async function order(source: PlaceSource, standing: Standing): Promise<ShownOrder> {
    const placed = await placing.place(source, standing);
    if ("made" in placed) {
      const view = orderView(orderRow(placed.made));
      return { view, text: orderText(view, placed.made.snapshot) };
    }
    await pairings.holds(source.caller);
    // The order that this key made, as it is now: what the caller goes on from.
    const view = orderView(await orderOf(pool, placed.replayOf, source.caller.tenantId));
    return { view, text: stringifyJson(view) };
  }

  return {
    releaseSpend,
    handlers: {
      async createMarketOrder(request) {
        const { body, caller } = request;
        checkInput(body);
        const { view, text } = await order(request, await enter(caller, body));
        return { ...item(view, 201), text: `{"item":${text}}` };
      },

      createMarketOrders: async (request) => ({ status: 200, ...(await placeMany(request, enter, order)) }),

      async checkMarketOrder({ body, caller }) {
        checkInput(body);
        return { status: 200, body: await check(caller, body) };
      },

      async getMarketOrder({ params, caller }) {
        return item(orderView(await orderOf(pool, params.orderId, caller.tenantId)));
      },

      async listMarketOrders({ query, caller }) {
        const after = readCursor(query.cursor);
        await machines.confirmed(query.machineId, caller.tenantId);
        const rows = await listOrders(pool, query.machineId, caller.tenantId, after, query.limit + 1);
        const cursorOf = (row: OrderRow) => ({ createdAt: row.created_text, id: row.id });
        return { status: 200, body: pageOf(rows, query.limit, cursorOf, orderView) };
      },

      async cancelMarketOrder(request) {
        const { params, caller, body } = request;
        const order = await orderOf(pool, params.orderId, caller.tenantId);
        const { pairing } = await pairings.authorise(caller, {
          machineId: order.machine_id,
          pairingId: order.agent_pairing_id,
        });
        const view = await market.write(request, async (tx) => {
          const locked = await orderOf(tx.client, params.orderId, caller.tenantId, true);
          const cancelled = await cancelOrder(tx, locked, body.reason, payments);
          await pairings.recheck(tx.client, caller, pairing);
          return orderView(cancelled);
        });
        return item(view);
      },

      getPairingAllowance: async ({ params, caller }) => item(await allowance(caller, params)),
    },
  };
}
