import type { Catalogue } from "../catalogue/catalogue.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";
import type { WriteTx } from "../kit/write.ts";
import type { Machines } from "../machines/machines.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Payments } from "../payments/payments.ts";
import type { Policies } from "../policies/policies.ts";
import type { Search } from "../search/search.ts";
import type { OrderRow } from "./store.ts";

/** Orders: placing within the limits, reading, cancelling, what is left to spend. */

export type Orders = {
  readonly handlers: MarketHandlers<
    | "createMarketOrder"
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
  _market: Market,
  _deps: {
    pairings: Pairings;
    machines: Machines;
    catalogue: Catalogue;
    search: Search;
    policies: Policies;
    payments: Payments;
  },
): Orders {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    handlers: missing(
      "createMarketOrder",
      "checkMarketOrder",
      "listMarketOrders",
      "getMarketOrder",
      "cancelMarketOrder",
      "getPairingAllowance",
    ),
  } as never;
}
