import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import { type OrderRow, orderOf } from "../orders/store.ts";
import type { ActivePairing, Pairings } from "../pairings/pairings.ts";
import type { AgentOnOrder } from "../steps/steps.ts";
import { type PaymentRow, paymentOf } from "./store.ts";

/**
 * A write of an order's agent in a transaction of its own, for what is rare; steps/steps.ts is for what every purchase
 * does. The pairing is checked before and again inside the transaction, rows are locked in the one order.
 */

export type OrderInHand = {
  readonly order: OrderRow;
  readonly payment: PaymentRow | null;
  readonly pairing: ActivePairing;
};

export type OnOrder = <T>(
  request: AgentOnOrder,
  work: (tx: WriteTx, hand: OrderInHand) => Promise<T>,
) => Promise<T>;

export function createOnOrder(market: Market, pairings: Pairings): OnOrder {
  return async (request, work) => {
    const { caller, params } = request;
    const seen = await orderOf(market.database.pool, params.orderId, caller.tenantId);
    const { pairing } = await pairings.authorise(caller, {
      machineId: seen.machine_id,
      pairingId: seen.agent_pairing_id,
    });
    return market.write(request, async (tx) => {
      // Sent together, answered one after the other: the locks are taken in this order.
      const [order, payment, current] = await Promise.all([
        orderOf(tx.client, params.orderId, caller.tenantId, true),
        paymentOf(tx.client, params.orderId, true),
        pairings.recheck(tx.client, caller, pairing),
      ]);
      return work(tx, { order, payment, pairing: current });
    });
  };
}
