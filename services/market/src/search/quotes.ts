import type { MarketAnswer } from "@peaqos/protocol/market";
import type { MarketService } from "./price.ts";
import { quoteIdOf } from "./store.ts";
import type { RankedQuote } from "./types.ts";

export type MarketSearch = MarketAnswer<"searchMarket">;
export type MarketQuote = MarketSearch["quotes"][number];

/** What a quote copies from its service as it stands now: its price, its rail and where a hand-off leads. */
type Terms = Pick<MarketQuote, "pricing" | "payment" | "handoff">;

/** JSON text of a service's terms without its braces, made once for as long as the service stays as it is. */
const texts = new WeakMap<MarketService, string>();

function termsOf(service: MarketService): string {
  const known = texts.get(service);
  if (known !== undefined) return known;
  // The catalogue fills both for every service.
  const terms: Terms = { pricing: service.pricing!, payment: service.payment!, handoff: service.handoff };
  const text = JSON.stringify(terms).slice(1, -1);
  texts.set(service, text);
  return text;
}

/** JSON text of a ranked service as the quote that is answered and kept. */
export function quoteText(
  searchId: string,
  place: number,
  ranked: RankedQuote,
  times: { readonly createdAt: string; readonly expiresAt: string },
): string {
  const { service } = ranked;
  const own: Omit<MarketQuote, keyof Terms> = {
    id: quoteIdOf(searchId, place),
    serviceId: service.id,
    skillKey: service.skillKey,
    providerKey: service.providerKey,
    executionMode: service.executionMode,
    integrationStatus: ranked.integrationStatus,
    operation: ranked.operation,
    score: ranked.score,
    reasons: ranked.reasons as string[],
    expiresAt: times.expiresAt,
    createdAt: times.createdAt,
  };
  return `${JSON.stringify(own).slice(0, -1)},${termsOf(service)}}`;
}
