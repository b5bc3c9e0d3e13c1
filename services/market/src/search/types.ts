import type { MarketAnswer } from "@peaqos/protocol/market";
import type { MarketService } from "./price.ts";

/** What the ranker reads and gives. */

export type IntegrationStatus = MarketService["integrationStatus"];
export type NormalizedTask = MarketAnswer<"searchMarket">["normalizedTask"];

/** What is looked for. Words are compared in the form of `wordOf`. */
export type Task = {
  /** Null: any. A type that no service has finds nothing. */
  readonly serviceType: string | null;
  readonly operation: string | null;
  readonly requiredCapabilities: readonly string[];
  readonly region: string | null;
  readonly allowExternalHandoff: boolean;
  readonly requireNativeExecution: boolean;
  readonly budget: Budget | null;
  /** Quotes at most. */
  readonly maxResults: number;
};

/** Decimal text or numbers that mean the decimal they are written as. */
export type Budget = {
  /** No service with a fixed price above it. */
  readonly max: string | number | null;
  /** What the buyer would like to spend: cheaper is better. */
  readonly amount: string | number | null;
  readonly currency: string | null;
};

/** What may be bought: a pairing's delegation policy, or a policy of the machine. Each one must allow a service. */
export type PolicyRules = {
  /** Empty or absent: all. */
  readonly allowedSkillKeys?: readonly string[];
  /** Wins over the allowed list. */
  readonly deniedSkillKeys?: readonly string[];
  readonly allowedServiceIds?: readonly string[];
  readonly deniedServiceIds?: readonly string[];
  readonly requiredCapabilities?: readonly string[];
  /** See `regionAllowed`. */
  readonly regionRules?: readonly string[];
  readonly nativeOnly?: boolean;
  /** False: no hand-off. */
  readonly handoffAllowed?: boolean;
  readonly budgetCap?: { readonly amount: string | number; readonly currency: string | null } | null;
};

/** What the buyer's side has already. Provider keys in lower case. */
export type RankContext = {
  /** Providers with a live runtime endpoint on the machine. */
  readonly liveProviders: ReadonlySet<string>;
  /** Providers whose credentials came with the search. */
  readonly credentials: ReadonlySet<string>;
  /** Skills the operator has configured and left on. */
  readonly enabledSkills: ReadonlySet<string>;
  /** Of them, those with credentials. */
  readonly credentialSkills: ReadonlySet<string>;
  /** Skills the operator has switched off. */
  readonly disabledSkills: ReadonlySet<string>;
};

/** Why services of the type were left out; the first that applies, in this order. */
export const dropReasons = [
  "operation_not_offered",
  "capability_missing",
  "execution_mode",
  "policy_denied",
  "skill_disabled",
  "above_budget",
  "other_currency",
] as const;
export type DropReason = (typeof dropReasons)[number];

export type RankedQuote = {
  readonly service: MarketService;
  /** As the service spells it. */
  readonly operation: string;
  /** 0 to 100, two decimals. */
  readonly score: number;
  /** One short sentence per component, with its points. */
  readonly reasons: readonly string[];
  /** With what the buyer has and lacks: `native` once everything needed is there. */
  readonly integrationStatus: IntegrationStatus;
};

export type Ranking = {
  /** Best first. */
  readonly quotes: readonly RankedQuote[];
  /** Services of the type. */
  readonly considered: number;
  /** Of them, what passed every filter; more than `quotes` where `maxResults` cut. */
  readonly matched: number;
  /** Only reasons that applied. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
};
