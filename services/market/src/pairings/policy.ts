import { createHash } from "node:crypto";
import type { delegationPolicyInput, delegationPolicySchema } from "@peaqos/protocol/market";
import type { z } from "zod";

/** A pairing's delegation policy: its kept form, and the hash that a token carries. */

export type DelegationPolicy = z.output<typeof delegationPolicySchema>;

const distinct = (list: readonly string[] | undefined): string[] => [
  ...new Set((list ?? []).map((text) => text.trim())),
];

/** What is kept and shown: lists trimmed and without repetitions, the currency in upper case, what is missing null. */
export function keptPolicy(input: z.output<typeof delegationPolicyInput> | undefined): DelegationPolicy {
  return {
    allowedSkillKeys: distinct(input?.allowedSkillKeys),
    deniedSkillKeys: distinct(input?.deniedSkillKeys),
    allowedServiceIds: distinct(input?.allowedServiceIds),
    deniedServiceIds: distinct(input?.deniedServiceIds),
    perTransactionLimit: input?.perTransactionLimit ?? null,
    dailySpendLimit: input?.dailySpendLimit ?? null,
    currency: input?.currency?.trim().toUpperCase() ?? null,
  };
}

/** By code point, as UTF-8 sorts. */
const sorted = (list: readonly string[]): string[] =>
  [...list].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/**
 * SHA-256 (lower-case hex) over the policy in RFC 8785 form: keys sorted, lists sorted by code point, numbers as
 * JavaScript writes them (the form that RFC prescribes).
 */
export function policyHashOf(policy: DelegationPolicy): string {
  const canonical = JSON.stringify({
    allowedServiceIds: sorted(policy.allowedServiceIds),
    allowedSkillKeys: sorted(policy.allowedSkillKeys),
    currency: policy.currency,
    dailySpendLimit: policy.dailySpendLimit,
    deniedServiceIds: sorted(policy.deniedServiceIds),
    deniedSkillKeys: sorted(policy.deniedSkillKeys),
    perTransactionLimit: policy.perTransactionLimit,
  });
  return createHash("sha256").update(canonical).digest("hex");
}
