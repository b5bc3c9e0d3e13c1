import type { JobHandlers } from "../jobs/jobs.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";
import type { WriteTx } from "../kit/write.ts";
import type { Orders } from "../orders/orders.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { Payments } from "../payments/payments.ts";

/** How an order ends: confirmed by the buyer or by its deadline, or disputed and resolved. */

export type Disputes = {
  readonly handlers: MarketHandlers<"confirmMarketOrder" | "disputeMarketOrder" | "resolveMarketDispute">;
  readonly jobs: JobHandlers;
  /** Plans the automatic confirmation of an order just delivered or handed off; returns confirm_by. */
  scheduleConfirm(tx: WriteTx, orderId: string, machineId: string): Date;
  /** The system's dispute: a payment was taken away after delivery. */
  openBySystem(
    tx: WriteTx,
    orderId: string,
    reason: string,
    evidence: Record<string, unknown>,
  ): Promise<void>;
};

export function createDisputes(
  _market: Market,
  _deps: { pairings: Pairings; orders: Orders; payments: Payments },
): Disputes {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    handlers: missing("confirmMarketOrder", "disputeMarketOrder", "resolveMarketDispute"),
  } as never;
}
