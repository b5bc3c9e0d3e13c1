import { assign, assignAll, type Bits, countOf, intersect, noMembers, subtract, unite } from "./bits.ts";
import { type Limits, limitsOf, pricePointsOf, type Wish, wishOf } from "./budget.ts";
import { maxScore, points, standingOf } from "./points.ts";
import { quoteOf } from "./reasons.ts";
import { type ServiceIndex, sumOf } from "./service-index.ts";
import {
  type DropReason,
  dropReasons,
  type PolicyRules,
  type RankContext,
  type Ranking,
  type Task,
} from "./types.ts";
import { areaOf, regionAllowed, wordOf } from "./words.ts";

/**
 * Finds and ranks services: a pure function of the catalogue, the task, the policies and what the buyer has. The order
 * is by score, then price, then service id, and does not depend on the catalogue's order. A service that any policy
 * denies never appears.
 */
export function rank(
  index: ServiceIndex,
  task: Task,
  policies: readonly PolicyRules[],
  context: RankContext,
): Ranking {
  const { found } = index.scratch;
  const dropped = new Map<DropReason, number>();
  if (task.serviceType === null) assignAll(found, index.size);
  else assign(found, index.types.get(task.serviceType) ?? noMembers);
  const considered = countOf(found);
  let left = considered;
  /** What a filter took out is counted under its reason. */
  const filter = (reason: DropReason, apply: () => void) => {
    if (left === 0) return;
    apply();
    const now = countOf(found);
    if (now < left) dropped.set(reason, (dropped.get(reason) ?? 0) + left - now);
    left = now;
  };
  if (task.operation !== null)
    filter("operation_not_offered", () => keep(index, index.operations, [wordOf(task.operation!)]));
  if (task.requiredCapabilities.length > 0)
    filter("capability_missing", () => {
      for (const word of task.requiredCapabilities) keep(index, index.capabilities, [wordOf(word)]);
    });
  if (task.requireNativeExecution || !task.allowExternalHandoff)
    filter("execution_mode", () => subtract(found, index.handoffs));
  for (const policy of policies) filter("policy_denied", () => obey(index, policy));
  if (context.disabledSkills.size > 0)
    filter("skill_disabled", () => {
      for (const skill of context.disabledSkills) subtract(found, index.skills.get(skill) ?? noMembers);
    });
  const wish = wishOf(index, task);
  const best = score(index, task, { limits: limitsOf(index, task, policies), wish }, context, dropped);
  return {
    quotes: best.ordinals.map((ordinal) => quoteOf(index, ordinal, task, wish, context)),
    considered,
    matched: best.matched,
    dropped: Object.fromEntries(
      dropReasons.flatMap((reason) => (dropped.has(reason) ? [[reason, dropped.get(reason)]] : [])),
    ),
  };
}

/** Keeps the services that have one of the keys. */
function keep(index: ServiceIndex, by: ServiceIndex["skills"], keys: readonly string[]): void {
  const { found, other } = index.scratch;
  const [only] = keys;
  const single = keys.length === 1 ? by.get(only!) : undefined;
  if (single !== undefined && "bits" in single) {
    intersect(found, single.bits);
    return;
  }
  other.fill(0);
  for (const key of keys) unite(other, by.get(key) ?? noMembers);
  intersect(found, other);
}

function obey(index: ServiceIndex, policy: PolicyRules): void {
  const { found, other } = index.scratch;
  for (const skill of policy.deniedSkillKeys ?? []) subtract(found, index.skills.get(skill) ?? noMembers);
  for (const id of policy.deniedServiceIds ?? []) {
    const ordinal = index.ordinals.get(id);
    if (ordinal !== undefined) found[ordinal >>> 5]! &= ~(1 << (ordinal & 31));
  }
  if ((policy.allowedSkillKeys ?? []).length > 0) keep(index, index.skills, policy.allowedSkillKeys!);
  if ((policy.allowedServiceIds ?? []).length > 0) {
    other.fill(0);
    for (const id of policy.allowedServiceIds!) {
      const ordinal = index.ordinals.get(id);
      if (ordinal !== undefined) other[ordinal >>> 5]! |= 1 << (ordinal & 31);
    }
    intersect(found, other);
  }
  for (const word of policy.requiredCapabilities ?? []) keep(index, index.capabilities, [wordOf(word)]);
  if (policy.nativeOnly === true || policy.handoffAllowed === false) subtract(found, index.handoffs);
  const { regionRules = [] } = policy;
  if (regionRules.length > 0)
    for (const [region, members] of index.regions)
      if (!regionAllowed(regionRules, region)) subtract(found, members);
}

/** Setups of providers and skills of which the buyer has something. */
function touchedSetups(index: ServiceIndex, context: RankContext): Set<number> {
  const touched = new Set<number>();
  for (const keys of [context.liveProviders, context.credentials])
    for (const key of keys) for (const setup of index.setupsByProvider.get(key) ?? []) touched.add(setup);
  for (const keys of [context.enabledSkills, context.credentialSkills])
    for (const key of keys) for (const setup of index.setupsBySkill.get(key) ?? []) touched.add(setup);
  return touched;
}

type Money = { readonly limits: Limits; readonly wish: Wish | null };

/** The best `maxResults` of what is found, and how many are within the limits. */
function score(
  index: ServiceIndex,
  task: Task,
  money: Money,
  context: RankContext,
  dropped: Map<DropReason, number>,
): { ordinals: number[]; matched: number } {
  const { scratch, setupPoints } = index;
  const touched = touchedSetups(index, context);
  for (const setup of touched)
    scratch.setupPoints[setup] = sumOf(standingOf(index.setups[setup]!, context).components);
  const best = walk(index, task, money, dropped, scratch.found);
  for (const setup of touched) scratch.setupPoints[setup] = setupPoints[setup]!;
  return best;
}

/** The one loop over candidates: array reads and whole numbers only. */
function walk(
  index: ServiceIndex,
  task: Task,
  { limits: { ranks, comparable }, wish }: Money,
  dropped: Map<DropReason, number>,
  found: Bits,
): { ordinals: number[]; matched: number } {
  const { fixedPoints, setupOf, unitOf: units, priceRank, regionOf, areaOf: areas } = index;
  const { setupPoints } = index.scratch;
  const common =
    (task.operation === null ? 0 : points.operation) +
    (task.requiredCapabilities.length === 0 ? 0 : points.capabilities);
  const region = task.region === null ? -1 : (index.regionIds.get(wordOf(task.region)) ?? -1);
  const area = task.region === null ? -1 : (index.areaIds.get(areaOf(wordOf(task.region))) ?? -1);
  const room = Math.min(task.maxResults, index.size);
  const bestScores = new Int32Array(room);
  const ordinals: number[] = [];
  let [matched, above, otherCurrency] = [0, 0, 0];
  for (let w = 0; w < found.length; w++)
    for (let bits = found[w]!; bits !== 0; bits &= bits - 1) {
      const ordinal = (w << 5) + 31 - Math.clz32(bits & -bits);
      if (ranks !== null && priceRank[ordinal]! >= ranks[units[ordinal]!]!) {
        if (comparable[units[ordinal]!]) above++;
        else otherCurrency++;
        continue;
      }
      matched++;
      let sum = common + fixedPoints[ordinal]! + setupPoints[setupOf[ordinal]!]!;
      if (area >= 0 && areas[ordinal] === area)
        sum += regionOf[ordinal] === region ? points.region : points.area;
      if (wish !== null) sum += pricePointsOf(index, ordinal, wish);
      if (sum > maxScore) sum = maxScore;
      // Ordinals ascend: at the same score the one before is cheaper, or comes first by id.
      const full = ordinals.length === room;
      if (full && sum <= bestScores[room - 1]!) continue;
      let at = full ? room - 1 : ordinals.length;
      for (; at > 0 && bestScores[at - 1]! < sum; at--) {
        bestScores[at] = bestScores[at - 1]!;
        ordinals[at] = ordinals[at - 1]!;
      }
      bestScores[at] = sum;
      ordinals[at] = ordinal;
    }
  if (above > 0) dropped.set("above_budget", above);
  if (otherCurrency > 0) dropped.set("other_currency", otherCurrency);
  return { ordinals, matched };
}
