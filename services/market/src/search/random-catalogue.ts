import { type CatalogueServiceInput, serviceTypes } from "@peaqos/protocol/market";
import { documentOf } from "../catalogue/document.ts";
import type { MarketService } from "./price.ts";

/** Catalogues of any size from a seed, for tests and measurements: the same seed gives the same services. */

export const words = {
  operations: [
    "get-latest-price",
    "get-history",
    "store-object",
    "run-inference",
    "locate",
    "start",
    "stop",
    "verify",
  ],
  capabilities: ["fx", "crypto", "gpu", "object-storage", "rtk", "gnss", "ocpp", "kyc", "batch", "streaming"],
  regions: ["eu-west", "eu-central", "us-east", "us-west", "ap-south", "global"],
  currencies: ["USD", "USDC", "USDT", "EUR"],
} as const;

/** mulberry32: small, fast and the same everywhere. @returns numbers from 0 up to, not including, 1. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function randomCatalogue(size: number, seed: number): MarketService[] {
  const updatedAt = "2026-01-01T00:00:00.000Z";
  return randomEntries(size, seed).map((entry) => ({ ...documentOf(entry), updatedAt }));
}

/** As a catalogue file has them. */
export function randomEntries(size: number, seed: number): CatalogueServiceInput[] {
  const random = randomFrom(seed);
  const below = (count: number) => Math.floor(random() * count);
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const some = <T>(list: readonly T[], most: number) =>
    Array.from({ length: 1 + below(most) }, () => one(list));
  const providers = Math.max(2, size >> 4);
  return Array.from({ length: size }, (_, i) => {
    const provider = below(providers);
    const native = random() < 0.8;
    const priced = random() < 0.85;
    const needsKey = random() < 0.15;
    return {
      id: `svc_${i.toString(36).padStart(6, "0")}`,
      skillKey: `skill-${provider % 97}`,
      providerKey: `provider-${provider}`,
      providerLabel: `Provider ${provider}`,
      serviceType: one(serviceTypes),
      name: `Service ${i} for ${one(words.capabilities)}`,
      description: `Offers ${some(words.capabilities, 3).join(", ")} in ${one(words.regions)}.`,
      operations: some(words.operations, 3),
      capabilities: some(words.capabilities, 4),
      authType: needsKey ? "api-key" : "none",
      executionMode: native ? "native" : "external-handoff",
      integrationStatus: needsKey ? "credentials-required" : "native",
      maturity: one(["reference", "beta", "production"]),
      region: one(words.regions),
      freshnessSeconds: one([0, 30, 600, 86_400, 10_000_000]),
      requiresHumanEnablement: random() < 0.05,
      pricing: priced
        ? { mode: "fixed", amount: below(2_000) / 100, currency: one(words.currencies) }
        : { mode: "provider-defined" },
      payment: {
        defaultRail: "wallet",
        chain: "eip155:33380",
        token: "USDC",
        payeeAddress: `0x${"11".repeat(20)}`,
      },
      endpoints:
        random() < 0.8
          ? [{ url: `https://provider-${provider}.example`, path: "/run", protocols: ["peaqos-http-1"] }]
          : [],
      ...(native ? {} : { handoff: { label: "Go on", url: "https://handoff.example" } }),
    };
  });
}
