import { serviceTypes } from "@peaqos/protocol/market";
import { randomFrom, words } from "../services/market/src/search/random-catalogue.ts";
import type { PolicyRules, RankContext } from "../services/market/src/search/types.ts";

/** What P7 searches for: the same questions for the ranker, for the market over HTTP and for PostgreSQL. */

export const seed = 7;
export const wanted = 10;

export type Question = {
  readonly serviceType: string;
  readonly operation: string | undefined;
  readonly requiredCapabilities: string[];
  readonly region: string;
  readonly maxResults: number;
  readonly budget: { readonly max: number; readonly amount: number; readonly currency: string };
};

/** Half of them name an operation, two thirds a capability; a type holds an eighth of the catalogue. */
export function questions(count: number): Question[] {
  const random = randomFrom(seed);
  const one = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  return Array.from({ length: count }, () => ({
    serviceType: one(serviceTypes),
    operation: random() < 0.5 ? one(words.operations) : undefined,
    requiredCapabilities: random() < 0.67 ? [one(words.capabilities)] : [],
    region: one(words.regions),
    maxResults: wanted,
    budget: { max: 5 + Math.floor(random() * 10), amount: 5, currency: "USD" },
  }));
}

/** Twenty services and five skills that the owner has denied. */
export const policy = {
  deniedServiceIds: Array.from({ length: 20 }, (_, i) => `svc_${(i * 4_999).toString(36).padStart(6, "0")}`),
  deniedSkillKeys: Array.from({ length: 5 }, (_, i) => `skill-${i * 19}`),
} satisfies PolicyRules;

export const context: RankContext = {
  liveProviders: new Set(["provider-5"]),
  credentials: new Set(["provider-7"]),
  enabledSkills: new Set(["skill-3"]),
  credentialSkills: new Set(["skill-3"]),
  disabledSkills: new Set(["skill-4"]),
};
