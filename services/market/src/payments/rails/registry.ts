import type { MarketPaymentRailType } from "@peaqos/protocol/market";
import { fail } from "../../kit/errors.ts";
import type { RailRecommendation } from "../record.ts";
import { external } from "./external.ts";
import { notRequired } from "./not-required.ts";
import { offchainRecord } from "./offchain-record.ts";
import type { Rail } from "./rail.ts";
import { wallet } from "./wallet.ts";
import { wdkUsdtTransfer } from "./wdk-usdt-transfer.ts";

/** The rails this market offers. */
const rails: ReadonlyMap<MarketPaymentRailType, Rail> = new Map(
  [notRequired, wallet, wdkUsdtTransfer, offchainRecord, external].map((rail) => [rail.type, rail]),
);

export const offeredRails = [...rails.keys()];

/** @throws HttpError VALIDATION_ERROR with details.reason `rail_not_offered`. */
export function railFor(type: MarketPaymentRailType): Rail {
  return rails.get(type) ?? notOffered(type);
}

/** @throws HttpError VALIDATION_ERROR with details.reason `rail_not_offered`: always. */
export function notOffered(type: MarketPaymentRailType): never {
  throw fail("VALIDATION_ERROR", `this deployment does not offer payments by ${type}`, {
    reason: "rail_not_offered",
    rail: type,
    offered: offeredRails,
  });
}

/**
 * The rail an order starts on: the service's default, or else the first of its others that this market offers.
 *
 * @throws HttpError VALIDATION_ERROR with details.reason `rail_not_offered`.
 */
export function startingRail({ defaultRail, required, supportedRails }: RailRecommendation): Rail {
  const paying = [defaultRail, ...supportedRails].filter((type) => type !== "not-required" || !required);
  const first = paying.find((type) => rails.has(type));
  return railFor(first ?? paying[0] ?? defaultRail);
}
