import { createSeller } from "../../seller-template/seller.ts";
import type { Seller } from "../../seller-template/types.ts";
import type { PaidConfig } from "../config.ts";
import contract from "./get-latest-price.contract.json" with { type: "json" };
import { latestPrices } from "./rates.ts";

/** Reference rates of the European Central Bank from the snapshot in examples/data, 0.05 a price. */
export function createPriceFeedSeller(config: PaidConfig): Promise<Seller> {
  const latest = latestPrices();
  const service = {
    id: "svc_0ecb0fee0001",
    skillKey: "reference-rates",
    providerKey: "example-price-feed",
    providerLabel: "Reference Rates (example)",
    serviceType: "oracle.price-feed",
    name: "Currency price feed",
    description: "Newest euro foreign exchange reference rate of the ECB for any pair of its currencies.",
    capabilities: ["price-feed", "foreign-exchange"],
    region: "global",
    freshnessSeconds: 86_400,
  };
  const { token, payee, amount = "0.05" } = config;
  const run = ({ base, quote }: Record<string, unknown>) => ({
    base,
    quote,
    ...latest(String(base), String(quote)),
    source: "European Central Bank, euro foreign exchange reference rates",
  });
  const price = { amount, rail: "wallet", token, payee } as const;
  return createSeller({ service, price, operations: [{ contract, run }] }, config);
}
