/** A rating that explains itself: gates, factors and adjustments with their figures, and what would raise it. */
import { improvementsOf } from "./improve.ts";
import type { ScoreParameters } from "./parameters.ts";
import { factorReason, flagReason } from "./reasons.ts";
import { allRevenue, countedCents, flagEnd, score } from "./score.ts";
import type { Adjustment, Explanation, Factor, FactorId, Gate, ScoreInput, ScoreResult } from "./types.ts";

const FACTORS: readonly FactorId[] = ["revenue_level", "revenue_trend", "cadence", "trust", "history"];

function factorInputs(id: FactorId, result: ScoreResult, parameters: ScoreParameters): Factor["inputs"] {
  const f = result.figures;
  if (id === "revenue_level") {
    return {
      paid_cents: f.paid90,
      unpaid_cents: f.unpaid90,
      counted_cents: countedCents(f, parameters),
      window_days: parameters.revenueLevel.windowDays,
    };
  }
  if (id === "revenue_trend") {
    const all = allRevenue(f, parameters);
    return {
      paid_cents_last: f.paid30,
      paid_cents_before: f.paidBefore,
      all_cents_last: all.last,
      all_cents_before: all.before,
      window_days: parameters.revenueTrend.windowDays,
    };
  }
  if (id === "cadence") return { active_days: f.activeDays30, window_days: parameters.cadence.windowDays };
  if (id === "trust") {
    return {
      hardware_days: f.hardwareDays,
      onchain_days: f.onchainDays,
      self_days: f.selfDays,
      witnessed_span: f.witnessedSpan,
      points_before_override: f.trustBeforeOverride,
      override: result.standing.override,
      window_days: parameters.trust.windowDays,
    };
  }
  return { witnessed_span: f.witnessedSpan, dated_span: f.datedSpan };
}

/** The gates in their order; `needed` is the least value that passes. */
export function gatesOf(result: ScoreResult, parameters: ScoreParameters): Gate[] {
  const gate = (id: Gate["id"], value: number, needed: number): Gate => ({
    id,
    passed: value >= needed,
    value,
    needed,
  });
  const { minEvents, minDatedSpan } = parameters.gates;
  return [
    gate("bond", result.standing.bonded ? 1 : 0, 1),
    gate("event_count", result.figures.count, minEvents),
    gate("dated_span", result.figures.datedSpan, minDatedSpan),
    gate("raw_score", result.rawScore, parameters.ratings[parameters.ratings.length - 1]!.from),
  ];
}

/** The factors with points, figures and reason; with the adjustments' points they add up to `raw_score`. */
export function factorsOf(result: ScoreResult, parameters: ScoreParameters): Factor[] {
  return FACTORS.map((id) => ({
    id,
    points: result.points[id],
    max: parameters.max[id],
    inputs: factorInputs(id, result, parameters),
    reason: factorReason(id, result, parameters),
  }));
}

/** The flag while it counts, also when there are no trust points left for it to take. */
export function adjustmentsOf(result: ScoreResult, parameters: ScoreParameters): Adjustment[] {
  const { flaggedAt } = result.standing;
  if (flaggedAt === null) return [];
  const until = flagEnd(flaggedAt, parameters);
  if (result.asOf >= until) return [];
  const reason = flagReason(result, flaggedAt, parameters);
  return [{ id: "negative_flag", points: result.flagPoints, until, reason }];
}

/**
 * Scores a machine and explains the score.
 *
 * @example
 * const { result, explanation } = explain({ asOf, bonded: true, flaggedAt: null, override: null, ...buildDays(events) }, MCR_1);
 * explanation.factors[2].reason; // "18 active days in the last 30: 18 of 20 points"
 */
export function explain(
  input: ScoreInput,
  parameters: ScoreParameters,
): { result: ScoreResult; explanation: Explanation } {
  const result = score(input, parameters);
  return {
    result,
    explanation: {
      gates: gatesOf(result, parameters),
      factors: factorsOf(result, parameters),
      adjustments: adjustmentsOf(result, parameters),
      improvements: improvementsOf(input, result, parameters),
    },
  };
}
