import type { AgentCaller, PlatformCaller } from "../kit/caller.ts";
import type { Market } from "../kit/market.ts";
import type { WriteSource, WriteTx } from "../kit/write.ts";
import { type OrderRow, orderOf } from "../orders/store.ts";
import type { ActivePairing, Pairings } from "../pairings/pairings.ts";
import { type PaymentRow, paymentOf } from "./store.ts";

/** A write of an order's agent: the pairing is checked before and again inside the transaction, rows are locked in the one order. */

export type AgentOnOrder = WriteSource & {
  readonly caller: AgentCaller | PlatformCaller;
  readonly params: { readonly orderId: string };
};

export type OrderInHand = {
  readonly order: OrderRow;
  readonly payment: PaymentRow | null;
  readonly pairing: ActivePairing;
};

export type OnOrder = <T>(
  request: AgentOnOrder,
  work: (tx: WriteTx, hand: OrderInHand) => Promise<T>,
  /** Runs before the transaction, for what asks a chain. */
  before?: (order: OrderRow) => Promise<void>,
) => Promise<T>;

export function createOnOrder(market: Market, pairings: Pairings): OnOrder {
  return async (request, work, before) => {
    const { caller, params } = request;
    const seen = await orderOf(market.database.pool, params.orderId, caller.tenantId);
    const { pairing } = await pairings.authorise(caller, {
      machineId: seen.machine_id,
      pairingId: seen.agent_pairing_id,
    });
    await before?.(seen);
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
