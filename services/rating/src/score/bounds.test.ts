/** Guarantees that the bounds of the model's properties are exact: each is reached, and a directed search does not pass it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isQualifying, isTaken, SECONDS_PER_DAY } from "./figures.ts";
import { MCR_1 } from "./parameters.ts";
import { expand, type Phase, phases } from "./random-history.ts";
import { score } from "./score.ts";
import type { ScoreEvent, ScoreResult } from "./types.ts";

const AS_OF = 1_790_000_000;
const RECORDED_TODAY = AS_OF - (AS_OF % SECONDS_PER_DAY) + 10;

function rate(events: readonly ScoreEvent[]): ScoreResult {
  return score({ asOf: AS_OF, events, basis: "known", bonded: true, flaggedAt: null, override: null }, MCR_1);
}

/** One event a day for the last `days` days, recorded at once when it happened unless `recordedAt` is given. */
function daily(
  days: number,
  cls: 0 | 1 | 2,
  centsOn: (age: number) => number | null,
  recordedAt?: number,
): ScoreEvent[] {
  return Array.from({ length: days }, (_, age) => {
    const timestamp = AS_OF - age * SECONDS_PER_DAY;
    const amount = centsOn(age);
    return {
      index: age,
      eventType: amount === null ? 1 : 0,
      timestamp: recordedAt === undefined ? timestamp : Math.min(timestamp, recordedAt),
      recordedAt: recordedAt ?? timestamp,
      usdScoringCents: amount,
      cls,
      paid: cls > 0,
    };
  });
}

const doubling = (age: number): number => (age < 30 ? 100_000 : 40_000);

describe("each bound is reached", () => {
  it("self-reported: 52", () => {
    const result = rate(daily(400, 0, doubling));
    expect(result.points).toEqual({ revenue_level: 6, revenue_trend: 3, cadence: 20, trust: 8, history: 15 });
    expect([result.rawScore, result.mcr]).toEqual([52, "BB"]);
  });

  it("without hardware: 93", () => {
    const result = rate(daily(400, 1, doubling));
    expect(result.points).toEqual({
      revenue_level: 30,
      revenue_trend: 10,
      cadence: 20,
      trust: 18,
      history: 15,
    });
    expect([result.rawScore, result.mcr]).toEqual([93, "AA"]);
  });

  it("with hardware: 100", () => {
    expect([rate(daily(400, 2, doubling)).rawScore, rate(daily(400, 2, doubling)).mcr]).toEqual([100, "AAA"]);
  });

  it("instant backfill: 39", () => {
    const result = rate(daily(400, 0, doubling, RECORDED_TODAY));
    expect(result.points).toEqual({ revenue_level: 6, revenue_trend: 3, cadence: 20, trust: 5, history: 5 });
    expect(result.rawScore).toBe(39);
  });

  it("self-reported volume: 9 points, over one letter", () => {
    const history = daily(80, 0, (age) => (age < 30 ? null : age < 60 ? 1 : null));
    const more = daily(1, 0, () => 1_000_000);
    expect(rate([...history, ...more]).rawScore - rate(history).rawScore).toBe(9);
  });

  it("an event dated earlier: all 10 points of the trend", () => {
    const history = daily(60, 1, doubling);
    const earlier = { ...daily(46, 1, () => 2 ** 52)[45]!, recordedAt: AS_OF };
    expect(rate(history).points.revenue_trend).toBe(10);
    const after = rate([...history, earlier]);
    expect(after.points.revenue_trend).toBe(0);
    expect(rate(history).rawScore - after.rawScore).toBeLessThanOrEqual(10);
  });
});

/** Climbs from random lives by changing, adding and dropping phases; deterministic by its seed. */
function climb(
  seed: number,
  fit: (phase: Phase) => Phase,
  value: (life: readonly Phase[]) => number,
): number {
  const pool = fc.sample(phases, { seed, numRuns: 3_000 }).map(fit);
  let state = seed >>> 0;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  let highest = Number.NEGATIVE_INFINITY;
  for (let start = 0; start < 6; start += 1) {
    let life = [pool[next(pool.length)]!];
    let best = value(life);
    for (let step = 0; step < 400; step += 1) {
      const phase = pool[next(pool.length)]!;
      const key = (Object.keys(phase) as (keyof Phase)[])[next(Object.keys(phase).length)]!;
      const at = next(life.length);
      const moves = [
        [...life, phase],
        life.map((old, i) => (i === at ? phase : old)),
        life.map((old, i) => (i === at ? fit({ ...old, [key]: phase[key] }) : old)),
        life.filter((_, i) => i !== at),
      ];
      const tried = moves[next(moves.length)]!;
      if (tried.length === 0 || tried.length > 8) continue;
      const reached = value(tried);
      if (reached >= best) [life, best] = [tried, reached];
    }
    highest = Math.max(highest, best);
  }
  return highest;
}

describe("a directed search comes close and does not pass", () => {
  it.each([
    ["self-reported", 52, 0, undefined],
    ["without hardware", 93, 1, undefined],
    ["with hardware", 100, 2, undefined],
    ["instant backfill", 39, 0, RECORDED_TODAY],
  ] as const)("%s: %i", (_name, bound, best, recordedAt) => {
    const fit = (phase: Phase): Phase => ({
      ...phase,
      cls: Math.min(phase.cls, best) as 0 | 1 | 2,
      paid: best > 0 && phase.cls > 0 && phase.paid,
    });
    const value = (life: readonly Phase[]): number => {
      const events = expand(recordedAt ?? AS_OF, life);
      return rate(recordedAt === undefined ? events : events.map((event) => ({ ...event, recordedAt })))
        .rawScore;
    };
    const found = Math.max(...[11, 12, 13].map((seed) => climb(seed, fit, value)));
    expect(found).toBeLessThanOrEqual(bound);
    expect(found).toBeGreaterThanOrEqual(bound - 4);
  });

  it("self-reported volume: 9", () => {
    const amounts = [4, 400, 4_000, 40_000, 4_000_000];
    /** The most that one more self-reported amount on a day that is active anyway moves the score. */
    const value = (life: readonly Phase[]): number => {
      const events = expand(AS_OF, life);
      const before = rate(events).rawScore;
      const known = events.filter((event) => isTaken(event, AS_OF, "known") && isQualifying(event));
      const bases = known.filter((_, i) => i % 7 === 0);
      const moves = bases.flatMap((base) =>
        amounts.map((usdScoringCents) => {
          const more: ScoreEvent = { ...base, eventType: 0, usdScoringCents, cls: 0, paid: false };
          return Math.abs(rate([...events, more]).rawScore - before);
        }),
      );
      return Math.max(0, ...moves);
    };
    const found = Math.max(...[21, 22].map((seed) => climb(seed, (phase) => phase, value)));
    expect(found).toBeLessThanOrEqual(9);
    expect(found).toBeGreaterThanOrEqual(8);
  });

  it("an event dated earlier: no more than the trend's points", () => {
    const value = (life: readonly Phase[]): number => {
      const events = expand(AS_OF, life);
      const before = rate(events);
      const drops = [30, 45, 59, 75, 120].flatMap((age) =>
        ([0, 1, 2] as const).map((cls) => {
          const timestamp = AS_OF - age * SECONDS_PER_DAY;
          const usdScoringCents = 10_000_000;
          const earlier: ScoreEvent = {
            index: 0,
            eventType: 0,
            timestamp,
            recordedAt: AS_OF,
            usdScoringCents,
            cls,
            paid: cls > 0,
          };
          const drop = before.rawScore - rate([...events, earlier]).rawScore;
          expect(drop).toBeLessThanOrEqual(before.points.revenue_trend);
          return drop;
        }),
      );
      return Math.max(...drops);
    };
    // The new event brings points of its own, so that the drop stays under the ten points of the trend.
    expect(climb(31, (phase) => phase, value)).toBeGreaterThanOrEqual(8);
  });
});
