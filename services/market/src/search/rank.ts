import {
  assignRange,
  countOf,
  include,
  intersect,
  noMembers,
  remove,
  type Span,
  spanOf,
  subtract,
  unite,
} from "./bits.ts";
import { type Limits, limitsOf, pricePointsOf, type Wish, wishOf } from "./budget.ts";
import { combinationOf, combinations, maxScore, points } from "./points.ts";
import { quoteOf } from "./reasons.ts";
import type { ServiceIndex } from "./service-index.ts";
import {
  type DropReason,
  dropReasons,
  type PolicyRules,
  type RankContext,
  type Ranking,
  type Task,
} from "./types.ts";
import { areaOf, regionAllowed, wordOf } from "./words.ts";

const nothing = { first: 0, end: 0 };

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
  const all = { first: 0, end: index.size };
  const { first, end } = task.serviceType === null ? all : (index.types.get(task.serviceType) ?? nothing);
  const span = spanOf(first, end);
  assignRange(found, first, end);
  const considered = end - first;
  let left = considered;
  /** What a filter took out is counted under its reason. */
  const filter = (reason: DropReason, apply: () => void) => {
    if (left === 0) return;
    apply();
    const now = countOf(found, span);
    if (now < left) dropped.set(reason, (dropped.get(reason) ?? 0) + left - now);
    left = now;
  };
  if (task.operation !== null)
    filter("operation_not_offered", () => keep(index, span, index.operations, [wordOf(task.operation!)]));
  if (task.requiredCapabilities.length > 0)
    filter("capability_missing", () => {
      for (const word of task.requiredCapabilities) keep(index, span, index.capabilities, [wordOf(word)]);
    });
  if (task.requireNativeExecution || !task.allowExternalHandoff)
    filter("execution_mode", () => subtract(found, index.handoffs, span));
  for (const policy of policies) filter("policy_denied", () => obey(index, span, policy));
  if (context.disabledSkills.size > 0)
    filter("skill_disabled", () => {
      for (const skill of context.disabledSkills) subtract(found, index.skills.get(skill) ?? noMembers, span);
    });
  const wish = wishOf(index, task);
  const best = score(index, span, task, { limits: limitsOf(index, task, policies), wish }, context, dropped);
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
function keep(index: ServiceIndex, span: Span, by: ServiceIndex["skills"], keys: readonly string[]): void {
  const { found, other } = index.scratch;
  const [only] = keys;
  const single = keys.length === 1 ? by.get(only!) : undefined;
  if (single !== undefined && "bits" in single) {
    intersect(found, single.bits, span);
    return;
  }
  other.fill(0, span.from, span.to);
  for (const key of keys) unite(other, by.get(key) ?? noMembers, span);
  intersect(found, other, span);
}

function obey(index: ServiceIndex, span: Span, policy: PolicyRules): void {
  const { found, other } = index.scratch;
  for (const skill of policy.deniedSkillKeys ?? [])
    subtract(found, index.skills.get(skill) ?? noMembers, span);
  for (const id of policy.deniedServiceIds ?? []) {
    const ordinal = index.ordinals.get(id);
    if (ordinal !== undefined) remove(found, ordinal);
  }
  const { allowedSkillKeys = [], allowedServiceIds = [], regionRules = [] } = policy;
  if (allowedSkillKeys.length > 0) keep(index, span, index.skills, allowedSkillKeys);
  if (allowedServiceIds.length > 0) {
    other.fill(0, span.from, span.to);
    for (const id of allowedServiceIds) {
      const ordinal = index.ordinals.get(id);
      if (ordinal !== undefined) include(other, ordinal);
    }
    intersect(found, other, span);
  }
  for (const word of policy.requiredCapabilities ?? []) keep(index, span, index.capabilities, [wordOf(word)]);
  if (policy.nativeOnly === true || policy.handoffAllowed === false) subtract(found, index.handoffs, span);
  if (regionRules.length > 0)
    for (const [region, members] of index.regions)
      if (!regionAllowed(regionRules, region)) subtract(found, members, span);
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
  span: Span,
  task: Task,
  money: Money,
  context: RankContext,
  dropped: Map<DropReason, number>,
): { ordinals: number[]; matched: number } {
  const { scratch, setupPoints, setupTable, setups } = index;
  const touched = touchedSetups(index, context);
  for (const setup of touched)
    scratch.setupPoints[setup] = setupTable[setup * combinations + combinationOf(setups[setup]!, context)]!;
  const best = walk(index, span, task, money, dropped);
  for (const setup of touched) scratch.setupPoints[setup] = setupPoints[setup]!;
  return best;
}

/** The one loop over candidates: array reads and whole numbers only. */
function walk(
  index: ServiceIndex,
  span: Span,
  task: Task,
  { limits: { ranks, comparable }, wish }: Money,
  dropped: Map<DropReason, number>,
): { ordinals: number[]; matched: number } {
  const { fixedPoints, setupOf, unitOf: units, priceRank, regionOf, areaOf: areas, places } = index;
  const { setupPoints, found } = index.scratch;
  const common =
    (task.operation === null ? 0 : points.operation) +
    (task.requiredCapabilities.length === 0 ? 0 : points.capabilities);
  const region = task.region === null ? -1 : (index.regionIds.get(wordOf(task.region)) ?? -1);
  const area = task.region === null ? -1 : (index.areaIds.get(areaOf(wordOf(task.region))) ?? -1);
  const room = Math.min(task.maxResults, index.size);
  const bestScores = new Int32Array(room);
  const ordinals: number[] = [];
  let [matched, above, otherCurrency] = [0, 0, 0];
  for (let w = span.from; w < span.to; w++)
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
      const full = ordinals.length === room;
      if (full && !isBetter(sum, places[ordinal]!, bestScores[room - 1]!, places[ordinals[room - 1]!]!))
        continue;
      let at = full ? room - 1 : ordinals.length;
      for (
        ;
        at > 0 && isBetter(sum, places[ordinal]!, bestScores[at - 1]!, places[ordinals[at - 1]!]!);
        at--
      ) {
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

/** At the same score the cheaper one is better, then the one whose id comes first: that is the order of the places. */
function isBetter(score: number, place: number, otherScore: number, otherPlace: number): boolean {
  return score > otherScore || (score === otherScore && place < otherPlace);
}
