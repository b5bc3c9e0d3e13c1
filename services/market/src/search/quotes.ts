import type { MarketAnswer } from "@peaqos/protocol/market";
import { quoteIdOf } from "./store.ts";
import type { RankedQuote } from "./types.ts";

export type MarketSearch = MarketAnswer<"searchMarket">;
export type MarketQuote = MarketSearch["quotes"][number];

/** A ranked service as the quote that is kept: its price and rail are what they are now. */
export function quoteFrom(
  searchId: string,
  place: number,
  ranked: RankedQuote,
  times: { readonly createdAt: string; readonly expiresAt: string },
): MarketQuote {
  const { service } = ranked;
  return {
    id: quoteIdOf(searchId, place),
    serviceId: service.id,
    skillKey: service.skillKey,
    providerKey: service.providerKey,
    executionMode: service.executionMode,
    integrationStatus: ranked.integrationStatus,
    operation: ranked.operation,
    score: ranked.score,
    reasons: [...ranked.reasons],
    // The catalogue fills both for every service.
    pricing: service.pricing!,
    payment: service.payment!,
    expiresAt: times.expiresAt,
    handoff: service.handoff,
    createdAt: times.createdAt,
  };
}
