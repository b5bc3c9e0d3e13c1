import { type Rail, railOf } from "./rail.ts";

/** Nothing is paid. */
export const notRequired: Rail = {
  type: "not-required",
  proof: "none",
  columns: (order) => ({
    rail: railOf("not-required", order),
    notes: [...order.recommendation.notes],
    amount: order.amount,
    currency: order.currency,
    raw_amount: null,
    token_decimals: null,
    chain: null,
    token_address: null,
    payer_address: null,
    payee_address: null,
  }),
};
