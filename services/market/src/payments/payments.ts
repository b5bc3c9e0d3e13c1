import type { PoolClient } from "pg";
import type { JobHandlers } from "../jobs/jobs.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";
import type { Pairings } from "../pairings/pairings.ts";
import type { NewOrderPayment, NewPayment } from "./record.ts";

/** Payments: intents, proofs verified on the chain, what follows from a reorganisation. */

export type Payments = {
  readonly handlers: MarketHandlers<
    | "createPaymentIntent"
    | "getMarketPayment"
    | "submitPaymentProof"
    | "lockEscrowPayment"
    | "releasePayment"
    | "refundPayment"
  >;
  readonly jobs: JobHandlers;
  /** Begins to follow the heads of the payment chains. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Newest known block per chain (CAIP-2), at most a second old; null when the node cannot be asked. */
  headOf(chain: string): bigint | null;
  /** The columns of an order's payment record, made with the order; `write` it with `insertPayments`. Pure. */
  forOrder(order: NewOrderPayment): NewPayment | null;
  insertPayments(client: PoolClient, payments: readonly NewPayment[]): Promise<void>;
};

export function createPayments(_market: Market, _deps: { pairings: Pairings }): Payments {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    handlers: missing(
      "createPaymentIntent",
      "getMarketPayment",
      "submitPaymentProof",
      "lockEscrowPayment",
      "releasePayment",
      "refundPayment",
    ),
  } as never;
}
