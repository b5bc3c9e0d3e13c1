import type { MarketPaymentRailType } from "@peaqos/protocol/market";
import type { PaymentRail, RailColumns, RailRecommendation } from "../record.ts";

/** A kind of payment. A new kind is one more file beside this one and one more line in registry.ts. */
export type Rail = {
  readonly type: MarketPaymentRailType;
  /**
   * What makes a payment count as held: `none` (nothing is paid), `transfer` (a token transfer the market finds on the
   * chain itself), `record` (a statement nobody checks; only where the seller lists the rail).
   */
  readonly proof: "none" | "transfer" | "record";
  /**
   * The payment's columns for an order on this rail.
   *
   * @throws HttpError VALIDATION_ERROR when the service's listing lacks what the rail needs.
   */
  columns(order: RailOrder): RailColumns;
};

/** What an order brings to its rail. */
export type RailOrder = {
  readonly recommendation: RailRecommendation;
  readonly amount: string | null;
  readonly currency: string | null;
  /** Who pays. */
  readonly payerAddress: string;
  /** Null: not known (yet). */
  decimalsOf(chain: string, token: string): number | null;
};

/** Every field of the wire's rail, from the recommendation. */
export function railOf(
  type: MarketPaymentRailType,
  { recommendation }: RailOrder,
  changes: Partial<PaymentRail> = {},
): PaymentRail {
  return {
    type,
    chain: recommendation.chain,
    token: recommendation.token,
    tokenAddress: recommendation.tokenAddress,
    tokenMint: recommendation.tokenMint,
    escrowAddress: null,
    externalUrl: recommendation.externalUrl,
    provider: recommendation.provider,
    accountId: null,
    walletAddress: recommendation.walletAddress,
    payerAddress: recommendation.payerAddress,
    payeeAddress: recommendation.payeeAddress,
    paymentIntentId: null,
    metadata: null,
    ...changes,
  };
}
