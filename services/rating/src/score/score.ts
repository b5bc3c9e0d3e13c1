/**
 * The rating model: one pure function of integers. No clock, no I/O, no floats, no randomness.
 *
 * A quotient of two non-negative safe integers whose sum is below 2^53 is floored right in `number` arithmetic; every use below
 * is far under that. Money arithmetic is `bigint`.
 */
import { type Counted, countFigures, SECONDS_PER_DAY } from "./figures.ts";
import type { ScoreParameters } from "./parameters.ts";
import type { Figures, Rating, ScoreInput, ScoreResult, Standing, Status, Trend } from "./types.ts";

function trustPoints(counted: Counted, parameters: ScoreParameters): number {
  const { hardwareDays: hardware, onchainDays: onchain, selfDays: self, witnessedSpan } = counted;
  const t = parameters.trust;
  const onchainUnits = t.onchainDay * onchain + Math.min(t.selfCap, t.selfDay * self);
  const units = Math.min(t.hardwareCap, t.hardwareDay * hardware + Math.min(t.onchainCap, onchainUnits));
  const points = Math.floor(units / t.unitsPerPoint);
  if (witnessedSpan < t.yearDays) return points;
  const asSelf = Math.min(t.selfCap, t.selfDay * (hardware + onchain + self));
  return Math.max(points, Math.min(t.yearCap, Math.floor(asSelf / t.unitsPerPoint) + t.yearBonus));
}

/** Cents that `revenue_level` looks at: paid ones, and unpaid ones at a quarter up to a cap. */
export function countedCents(figures: Figures, parameters: ScoreParameters): bigint {
  const { unpaidDivisor, unpaidCap } = parameters.revenueLevel;
  const quarter = figures.unpaid90 / BigInt(unpaidDivisor);
  return figures.paid90 + (quarter < unpaidCap ? quarter : BigInt(unpaidCap));
}

function levelPoints(figures: Figures, parameters: ScoreParameters): number {
  const { knots } = parameters.revenueLevel;
  const last = knots[knots.length - 1]!;
  const cents = countedCents(figures, parameters);
  if (cents >= last.cents) return last.points;
  const x = Number(cents);
  const right = knots.findIndex((knot) => x < knot.cents);
  const [a, b] = [knots[right - 1]!, knots[right]!];
  return a.points + Math.floor(((x - a.cents) * (b.points - a.points)) / (b.cents - a.cents));
}

/** Points of one pair of windows: `t(L, P)` of the model. */
function pairPoints(last: bigint, before: bigint, parameters: ScoreParameters): number {
  const { steadyPoints, growthPoints, upTenths } = parameters.revenueTrend;
  if (before === 0n) return 0;
  if (last < before) return Number((BigInt(steadyPoints) * last) / before);
  if (10n * last <= BigInt(upTenths) * before) return steadyPoints;
  const growth = (BigInt(growthPoints) * (last - before)) / before;
  return steadyPoints + (growth < growthPoints ? Number(growth) : growthPoints);
}

/** Revenue of the two trend windows with the unpaid part at a quarter. */
export function allRevenue(figures: Figures, parameters: ScoreParameters): { last: bigint; before: bigint } {
  const divisor = BigInt(parameters.revenueTrend.unpaidDivisor);
  return {
    last: figures.paid30 + figures.unpaid30 / divisor,
    before: figures.paidBefore + figures.unpaidBefore / divisor,
  };
}

/** Points of `revenue_trend` by payments alone and with unpaid revenue (capped); the larger one counts. */
export function trendPoints(figures: Figures, parameters: ScoreParameters): { paid: number; all: number } {
  const all = allRevenue(figures, parameters);
  return {
    paid: pairPoints(figures.paid30, figures.paidBefore, parameters),
    all: Math.min(parameters.revenueTrend.unpaidCap, pairPoints(all.last, all.before, parameters)),
  };
}

function trendWord(figures: Figures, parameters: ScoreParameters): Trend {
  const { last, before } = allRevenue(figures, parameters);
  const { upTenths, downTenths } = parameters.revenueTrend;
  if (before === 0n) return "insufficient";
  if (10n * last > BigInt(upTenths) * before) return "up";
  return 10n * last < BigInt(downTenths) * before ? "down" : "stable";
}

function historyPoints(figures: Figures, parameters: ScoreParameters): number {
  const { daysPerPoint, backdatedCap } = parameters.history;
  const witnessed = Math.floor(figures.witnessedSpan / daysPerPoint);
  const dated = Math.floor(figures.datedSpan / daysPerPoint);
  return Math.min(parameters.max.history, witnessed + Math.min(backdatedCap, Math.max(0, dated - witnessed)));
}

/** The first second at which a flag set at `flaggedAt` no longer counts. */
export function flagEnd(flaggedAt: number, parameters: ScoreParameters): number {
  return flaggedAt + parameters.flag.days * SECONDS_PER_DAY;
}

/** The letter of a raw score that has passed the other gates. */
export function ratingOf(rawScore: number, parameters: ScoreParameters): Rating {
  return parameters.ratings.find((rating) => rawScore >= rating.from)?.mcr ?? "NR";
}

function gatesOf(
  standing: Standing,
  figures: Figures,
  rawScore: number,
  parameters: ScoreParameters,
): { mcr: Rating; status: Status } {
  const { minEvents, minDatedSpan } = parameters.gates;
  if (!standing.bonded) return { mcr: "NR", status: "unbonded" };
  if (figures.count < minEvents || figures.datedSpan < minDatedSpan) {
    return { mcr: "Provisioned", status: "provisioned" };
  }
  const mcr = ratingOf(rawScore, parameters);
  return { mcr, status: mcr === "NR" ? "below_threshold" : "rated" };
}

/**
 * Rates one machine at `input.asOf`. Factors, adjustment and raw score are always computed, whatever the gates say.
 * The order of events or rows never matters, and day rows give the same answer as the events they were built from.
 *
 * @throws RangeError when a time is not a safe integer of at least 0 or an override is outside 0 to 25.
 */
export function score(input: ScoreInput, parameters: ScoreParameters): ScoreResult {
  const { asOf, bonded, flaggedAt, override } = input;
  if (!Number.isSafeInteger(asOf) || asOf < 0) {
    throw new RangeError(`as_of must be whole Unix seconds of at least 0, got ${asOf}`);
  }
  if (
    override !== null &&
    !(Number.isSafeInteger(override) && override >= 0 && override <= parameters.max.trust)
  ) {
    throw new RangeError(
      `trust override must be a whole number from 0 to ${parameters.max.trust}, got ${override}`,
    );
  }
  const counted = countFigures(input, parameters);
  const figures = { ...counted, trustBeforeOverride: trustPoints(counted, parameters) };
  const trend = trendPoints(figures, parameters);
  const points = {
    revenue_level: levelPoints(figures, parameters),
    revenue_trend: Math.max(trend.paid, trend.all),
    cadence: Math.min(parameters.max.cadence, figures.activeDays30),
    trust: override ?? figures.trustBeforeOverride,
    history: historyPoints(figures, parameters),
  };
  const flagged = flaggedAt !== null && asOf < flagEnd(flaggedAt, parameters);
  const penalty = flagged ? Math.min(parameters.flag.maxPenalty, points.trust) : 0;
  const rawScore =
    points.revenue_level + points.revenue_trend + points.cadence + points.trust + points.history - penalty;
  const standing = { bonded, flaggedAt, override };
  const { mcr, status } = gatesOf(standing, figures, rawScore, parameters);
  return {
    model: parameters.model,
    asOf,
    mcr,
    mcrScore: status === "rated" ? rawScore : 0,
    rawScore,
    status,
    trend: trendWord(figures, parameters),
    points,
    flagPoints: 0 - penalty,
    figures,
    standing,
  };
}
