/** One plain sentence with the figures for each factor and adjustment. */

import { SECONDS_PER_DAY } from "./figures.ts";
import type { ScoreParameters } from "./parameters.ts";
import { allRevenue, countedCents, flagEnd, trendPoints } from "./score.ts";
import type { FactorId, ScoreResult } from "./types.ts";

/** Whole cents as dollars: `1,234.56 USD`. */
export function dollars(cents: bigint): string {
  const whole = (cents / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  return `${whole}.${(cents % 100n).toString().padStart(2, "0")} USD`;
}

/** `1 day`, `2 days`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** Date of a time in Unix seconds, `2026-11-22` (UTC). */
export function isoDate(seconds: number): string {
  // Civil date from days since 1970, by the proleptic Gregorian calendar; exact for any safe integer.
  const z = Math.floor(seconds / SECONDS_PER_DAY) + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

function levelReason(result: ScoreResult, parameters: ScoreParameters): string {
  const { paid90, unpaid90 } = result.figures;
  const days = parameters.revenueLevel.windowDays;
  if (paid90 === 0n && unpaid90 === 0n) return `No revenue in the last ${days} days`;
  const total = `${dollars(paid90)} paid and ${dollars(unpaid90)} unpaid revenue in the last ${days} days`;
  return unpaid90 === 0n ? total : `${total} count as ${dollars(countedCents(result.figures, parameters))}`;
}

function trendReason(result: ScoreResult, parameters: ScoreParameters): string {
  const { figures } = result;
  const { windowDays, unpaidCap } = parameters.revenueTrend;
  const all = allRevenue(figures, parameters);
  if (all.before === 0n)
    return `No revenue in the ${windowDays} days before the last ${windowDays} to compare with`;
  const points = trendPoints(figures, parameters);
  if (points.paid >= points.all && figures.paidBefore > 0n) {
    return `Paid revenue of ${dollars(figures.paid30)} in the last ${windowDays} days after ${dollars(figures.paidBefore)} in the ${windowDays} before`;
  }
  return (
    `Revenue, unpaid at a quarter, of ${dollars(all.last)} in the last ${windowDays} days after ${dollars(all.before)} ` +
    `in the ${windowDays} before, for at most ${counted(unpaidCap, "point")} without payments`
  );
}

function trustReason(result: ScoreResult, parameters: ScoreParameters): string {
  const { hardwareDays, onchainDays, selfDays, trustBeforeOverride, witnessedSpan } = result.figures;
  if (result.standing.override !== null) {
    return `A trust override replaces the ${counted(trustBeforeOverride, "point")} that the events would earn`;
  }
  const { windowDays, yearDays } = parameters.trust;
  const days = `${hardwareDays} hardware, ${onchainDays} on-chain and ${selfDays} self-reported active days in the last ${windowDays}`;
  return witnessedSpan >= yearDays ? `${days}, with ${witnessedSpan} days witnessed by the chain` : days;
}

function historyReason(result: ScoreResult): string {
  const { witnessedSpan, datedSpan, count } = result.figures;
  if (count === 0) return "No qualifying event yet";
  return `Events witnessed by the chain over ${counted(witnessedSpan, "day")} and dated over ${counted(datedSpan, "day")}`;
}

/** Why a factor has its points, one sentence with the figures. */
export function factorReason(id: FactorId, result: ScoreResult, parameters: ScoreParameters): string {
  const sentence = {
    revenue_level: () => levelReason(result, parameters),
    revenue_trend: () => trendReason(result, parameters),
    cadence: () =>
      `${counted(result.figures.activeDays30, "active day")} in the last ${parameters.cadence.windowDays}`,
    trust: () => trustReason(result, parameters),
    history: () => historyReason(result),
  }[id]();
  return `${sentence}: ${result.points[id]} of ${parameters.max[id]} points`;
}

/** Why the flag costs points, and until when. */
export function flagReason(result: ScoreResult, flaggedAt: number, parameters: ScoreParameters): string {
  const cost = counted(0 - result.flagPoints, "point");
  return (
    `A negative flag set on ${isoDate(flaggedAt)} takes ${cost} of the ${result.points.trust} for trust ` +
    `until ${isoDate(flagEnd(flaggedAt, parameters))}`
  );
}
