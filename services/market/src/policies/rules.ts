import { invalid } from "../kit/errors.ts";
import type { Policy, PolicyRow } from "./store.ts";

/**
 * What a policy means; it counts for every machine that names it in policyIds, on top of each pairing's own policy, in
 * searches and in orders alike.
 *
 * - allowedSkillKeys: empty is all; deniedSkillKeys wins over it.
 * - budgetCap: the most that a machine may spend in one UTC day, over all its pairings. USD, USDC and USDT are one unit.
 * - nativeOnly: no hand-off. handoffAllowed false: the same, said the other way; true unless told.
 * - requiredCapabilities: a service has to have all of them.
 * - regionRules: `eu-west` or `eu-*` allows, `!cn` or `!cn-*` forbids and wins; without an allowing rule every other
 *   region is allowed.
 *
 * A machine with several policies has to satisfy each.
 */

type Rules = {
  readonly allowedSkillKeys?: string[] | undefined;
  readonly deniedSkillKeys?: string[] | undefined;
  readonly regionRules?: string[] | undefined;
  readonly requiredCapabilities?: string[] | undefined;
  readonly budgetCap?: { readonly currency: string; readonly amount: number } | undefined;
  readonly nativeOnly?: boolean | undefined;
  readonly handoffAllowed?: boolean | undefined;
};

const distinct = (texts: readonly string[]): string[] => [...new Set(texts.map((text) => text.trim()))];

const regionRule = /^!?\s*[\p{L}\p{N}][\p{L}\p{N}._ -]*\*?$|^!?\s*\*$/u;

/** A rule nobody understands would be one that nobody notices is not kept. */
function regionRulesOf(texts: readonly string[]): string[] {
  const rules = distinct(texts);
  const bad = rules.find((rule) => !regionRule.test(rule));
  if (bad !== undefined)
    throw invalid("regionRules", `${JSON.stringify(bad)} is no rule; write eu-west, eu-* or !cn-*`, {
      rule: bad,
    });
  return rules;
}

/** The columns of a policy's rules; what is not given keeps its value. */
export function ruleColumns(
  given: Rules,
  before: Pick<
    PolicyRow,
    | "allowed_skill_keys"
    | "denied_skill_keys"
    | "region_rules"
    | "required_capabilities"
    | "budget_cap"
    | "native_only"
    | "handoff_allowed"
  >,
): typeof before {
  const { budgetCap } = given;
  return {
    allowed_skill_keys:
      given.allowedSkillKeys === undefined ? before.allowed_skill_keys : distinct(given.allowedSkillKeys),
    denied_skill_keys:
      given.deniedSkillKeys === undefined ? before.denied_skill_keys : distinct(given.deniedSkillKeys),
    region_rules: given.regionRules === undefined ? before.region_rules : regionRulesOf(given.regionRules),
    required_capabilities:
      given.requiredCapabilities === undefined
        ? before.required_capabilities
        : distinct(given.requiredCapabilities),
    budget_cap:
      budgetCap === undefined
        ? before.budget_cap
        : { currency: budgetCap.currency.trim().toUpperCase(), amount: budgetCap.amount },
    native_only: given.nativeOnly ?? before.native_only,
    handoff_allowed: given.handoffAllowed ?? before.handoff_allowed,
  };
}

/** A policy that forbids nothing. */
export const noRules = {
  allowed_skill_keys: [],
  denied_skill_keys: [],
  region_rules: [],
  required_capabilities: [],
  budget_cap: null,
  native_only: false,
  handoff_allowed: true,
} satisfies Partial<PolicyRow>;

export function policyView(row: PolicyRow): Policy {
  return {
    id: row.id,
    name: row.name,
    allowedSkillKeys: row.allowed_skill_keys,
    deniedSkillKeys: row.denied_skill_keys,
    regionRules: row.region_rules,
    requiredCapabilities: row.required_capabilities,
    budgetCap: row.budget_cap,
    nativeOnly: row.native_only,
    handoffAllowed: row.handoff_allowed,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
