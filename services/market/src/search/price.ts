import { decimalOf, type MarketAnswer, textOf } from "@peaqos/protocol/market";

/** What a service costs, exactly, as far as its catalogue entry says. */

export type MarketService = MarketAnswer<"getMarketService">;

export type Price = {
  /** Decimal text without needless zeros. */
  readonly amount: string;
  /** What amounts are compared in; null: it costs nothing, in whatever unit. */
  readonly unit: string | null;
};

const dollars = new Set(["USD", "USDC", "USDT"]);

/** USD, USDC and USDT count as one unit; everything else is a unit of its own. No currency means USD. */
export function unitOf(currency: string | null | undefined): string {
  const code = (currency ?? "USD").trim().toUpperCase();
  return dollars.has(code) ? "USD" : code;
}

/** The fixed price; null where only the provider knows it. */
export function priceOf({ pricing }: Pick<MarketService, "pricing">): Price | null {
  if (pricing?.mode !== "fixed" || pricing.amount === null) return null;
  const amount = textOf(decimalOf(pricing.amount));
  return { amount, unit: amount === "0" ? null : unitOf(pricing.currency) };
}
