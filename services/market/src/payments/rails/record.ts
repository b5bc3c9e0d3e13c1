import { decimalOf, type MarketPaymentRailType, textOf } from "@peaqos/protocol/market";
import { getAddress, isAddress } from "viem";
import type { RailColumns } from "../record.ts";
import { type Rail, type RailOrder, railOf } from "./rail.ts";

/** Rails on which the market only keeps what it is told. */

export const nothingMatched = "Recorded as stated: the market has matched this payment with nothing.";

function columns(type: MarketPaymentRailType, order: RailOrder): RailColumns {
  const payer = isAddress(order.payerAddress, { strict: false })
    ? getAddress(order.payerAddress)
    : order.payerAddress;
  return {
    rail: railOf(type, order, { payerAddress: payer }),
    notes: [...order.recommendation.notes],
    amount: order.amount === null ? null : textOf(decimalOf(order.amount)),
    currency: order.currency,
    raw_amount: null,
    token_decimals: null,
    chain: order.recommendation.chain,
    token_address: order.recommendation.tokenAddress?.toLowerCase() ?? null,
    payer_address: payer.toLowerCase(),
    payee_address: order.recommendation.payeeAddress?.toLowerCase() ?? null,
  };
}

export function recordRail(type: MarketPaymentRailType): Rail {
  return { type, proof: "record", columns: (order) => columns(type, order) };
}
