import { HttpError } from "@peaqos/service-kit";
import type { MarketService } from "../catalogue/catalogue.ts";
import { offeredRails, startingRail } from "../payments/rails/registry.ts";
import type { RailRecommendation } from "../payments/record.ts";
import { type Check, pass, refusedBy } from "./checks.ts";

/** How an order is paid: the service's recommendation, as far as this deployment offers it, both sides filled in. */

const free: RailRecommendation = {
  defaultRail: "not-required",
  required: false,
  supportedRails: ["not-required"],
  notes: [],
  provider: null,
  chain: null,
  token: null,
  tokenAddress: null,
  tokenMint: null,
  walletAddress: null,
  externalUrl: null,
  payerAddress: null,
  payeeAddress: null,
};

/**
 * @param given the quote's recommendation, or the service's.
 * @param agentAddress who pays unless the payment intent names another.
 */
export function recommendedRail(
  service: MarketService,
  given: RailRecommendation | null,
  agentAddress: string,
): { check: Check; rail: RailRecommendation | null } {
  const wanted = given ?? free;
  try {
    const defaultRail = startingRail(wanted).type;
    const others = wanted.supportedRails.filter(
      (type) => offeredRails.includes(type) && !(wanted.required && type === "not-required"),
    );
    const rail: RailRecommendation = {
      ...wanted,
      defaultRail,
      supportedRails: [...new Set([defaultRail, ...others])],
      payerAddress: wanted.required ? agentAddress : wanted.payerAddress,
      payeeAddress: wanted.payeeAddress ?? wanted.walletAddress,
    };
    return { check: pass("rail", `paid by ${defaultRail}`, { rail: defaultRail }), rail };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return { check: refusedBy("rail", error, { serviceId: service.id }), rail: null };
  }
}
