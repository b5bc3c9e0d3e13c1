import type {
  MarketPaymentStatus,
  paymentRailSchema,
  railRecommendationSchema,
} from "@peaqos/protocol/market";
import type { z } from "zod";

/** The payment record that comes with an order. */

export type RailRecommendation = z.output<typeof railRecommendationSchema>;
/** The rail of a payment as the wire shows it. */
export type PaymentRail = z.output<typeof paymentRailSchema>;

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
export type NewPayment = {
  readonly id: string;
  readonly order_id: string;
  readonly tenant_id: string;
  readonly machine_id: string;
  readonly agent_address: string;
  readonly status: MarketPaymentStatus;
  readonly created_at: Date;
} & RailColumns &
  SinceBlock;

/** What a rail decides of a payment. Addresses of columns in lower case, those of `rail` in checksum form. */
export type RailColumns = {
  readonly rail: PaymentRail;
  readonly notes: readonly string[];
  /** Exact decimal text, in currency. */
  readonly amount: string | null;
  readonly currency: string | null;
  /** Base units, decimal text; null while the token's decimals are unknown, and where no token moves. */
  readonly raw_amount: string | null;
  readonly token_decimals: number | null;
  readonly chain: string | null;
  readonly token_address: string | null;
  readonly payer_address: string | null;
  readonly payee_address: string | null;
};

/** The chain's head when the order was made. */
export type SinceBlock = { readonly from_block: string | null; readonly from_block_hash: string | null };
