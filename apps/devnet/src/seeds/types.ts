/** What a seeded machine is and does: plain data, so that its rating can be computed without a chain. */
import type { ratings } from "@peaqos/protocol";

/** What stands behind an event's trust level. */
export type SeedEvidence =
  /** Nothing, and nothing is claimed. */
  | { readonly kind: "none" }
  /** A stranger pays `cents` in test USDC to the machine in the block that records the event. */
  | { readonly kind: "payment"; readonly cents: number }
  /** The machine's hardware key signs the event; `cents` above 0: a payment comes with it. */
  | { readonly kind: "hardware"; readonly cents: number }
  /** A claim that the evidence stage refuses, each for its own reason. */
  | { readonly kind: "refused"; readonly trick: SeedTrick };

/** How the machine whose claims are not believed tries to be believed. */
export type SeedTrick =
  /** A payment of 1 % of what the event says. */
  | "amount_mismatch"
  /** The operator pays its own machine. */
  | "self_payment"
  /** Somebody pays somebody else. */
  | "no_transfer_to_machine"
  /** A real payment from days before the event. */
  | "tx_too_old"
  /** A real payment from days after the event. */
  | "tx_after_event"
  /** A signature by a key that no attestor vouches for. */
  | "hardware_not_attested";

export type SeedEvent = {
  /** Days before the first start's day on which the chain records it. */
  readonly daysAgo: number;
  /** Unix seconds. */
  readonly timestamp: number;
  /** 0 revenue, 1 activity. */
  readonly type: 0 | 1;
  /** Minor units of the currency; 0 for an activity event without a figure. */
  readonly value: number;
  /** Empty for an activity event. */
  readonly currency: string;
  /** What the event claims. */
  readonly trust: 0 | 1 | 2;
  readonly evidence: SeedEvidence;
};

export type SeedMachine = {
  /** Short, unique, begins with what it shows: `aaa-truck-charger`. */
  readonly name: string;
  /** A few words for the summary of `npm start`, beside the rating. */
  readonly shows: string;
  /** Its rating at the first start and for some days after it: time moves ratings. */
  readonly rating: (typeof ratings)[number];
  readonly management: "self" | "operator";
  readonly visibility: "public" | "private" | "onchain";
  readonly hardware: { readonly kind: "es256" | "eip191"; readonly attested: boolean } | null;
  /** `false`: registered while no bond was asked for. */
  readonly bonded: boolean;
  readonly flaggedDaysAgo: number | null;
  readonly override: { readonly daysAgo: number; readonly value: number } | null;
  readonly events: readonly SeedEvent[];
};

export type SeedPlan = {
  /** Unix seconds of the first start. */
  readonly now: number;
  readonly machines: readonly SeedMachine[];
  /** Days ago on which a block records events, oldest first. */
  readonly reportDays: readonly number[];
};
