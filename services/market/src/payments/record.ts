import type { railRecommendationSchema } from "@peaqos/protocol/market";
import type { z } from "zod";

/** The payment record that comes with an order. */

export type RailRecommendation = z.output<typeof railRecommendationSchema>;

export type NewOrderPayment = {
  readonly paymentId: string;
  readonly orderId: string;
  readonly tenantId: string;
  readonly machineId: string;
  readonly rail: RailRecommendation;
  /** Exact decimal text. */
  readonly amount: string | null;
  readonly currency: string | null;
  /** Who pays unless the caller names another: the pairing's agent. */
  readonly agentAddress: string;
  readonly now: Date;
};

/** One row of market_payments to insert. */
export type NewPayment = Readonly<Record<string, unknown>>;
