import type { ValueType } from "./types.ts";
import { choice } from "./values.ts";

/** Words of the event flags, shared by `qualify event` and `qualify import`. */

export const EVENT_TYPES = { revenue: 0, activity: 1 } as const;
export const eventType = choice(["revenue", "activity"]);

export const TRUST_LEVELS = { self: 0, onchain: 1, hardware: 2 } as const;
export const trust = choice(["self", "onchain", "hardware"]);
export const TRUST_LABELS = {
  self: "self-reported",
  onchain: "on-chain-verifiable",
  hardware: "hardware-signed",
} as const;

/** `same` (0) is off chain or the registry's own chain. */
export const SOURCE_CHAINS = {
  same: 0n,
  peaq: 3338n,
  base: 8453n,
  ethereum: 1n,
  polygon: 137n,
  arbitrum: 42161n,
  optimism: 10n,
} as const;

export type SourceChain = { readonly word: string; readonly id: bigint };

/** A name, or the id of a chain the registry's deployment knows (checked by the SDK). */
export const sourceChain: ValueType<SourceChain> = {
  hint: "CHAIN",
  rule: `must be ${Object.keys(SOURCE_CHAINS).join(", ")}, or a chain id`,
  choices: Object.keys(SOURCE_CHAINS),
  parse: (raw) => {
    if (Object.hasOwn(SOURCE_CHAINS, raw)) return { word: raw, id: SOURCE_CHAINS[raw as "same"] };
    return /^\d{1,18}$/.test(raw) ? { word: raw, id: BigInt(raw) } : undefined;
  },
};

/**
 * What to say about codes that have the right shape but are no ISO 4217 currency: the registry takes them, the
 * rating cannot turn them into dollars. (`Intl` knows the codes; it is not asked for digits, which it gets wrong.)
 */
export function unknownCurrencies(codes: Iterable<string>): string | undefined {
  const iso = new Set(Intl.supportedValuesOf("currency"));
  const unknown = [...new Set(codes)].filter((code) => code !== "" && !iso.has(code));
  if (unknown.length === 0) return undefined;
  return `${unknown.join(", ")} ${unknown.length === 1 ? "is no ISO 4217 currency" : "are no ISO 4217 currencies"}: the event is recorded, the rating counts the amount as 0`;
}
