/**
 * Guarantees what users may rely on whatever the events are: self-reported history stays BB, AAA always means hardware evidence,
 * new work never lowers a rating, and nothing but the inputs decides it.
 *
 * `PEAQOS_PROPERTY_RUNS` sets the number of histories per property (default 1,500).
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { isQualifying, isTaken, SECONDS_PER_DAY } from "./figures.ts";
import { MCR_1 } from "./parameters.ts";
import { cents, expand, histories, type Phase, phases, type RandomHistory } from "./random-history.ts";
import { score } from "./score.ts";
import { standingAt } from "./standing.ts";
import type { ScoreEvent, ScoreInput, ScoreResult, Standing } from "./types.ts";

const runs = { numRuns: Number(process.env.PEAQOS_PROPERTY_RUNS ?? 1_500) };
const AS_OF = 1_790_000_000;
const PLAIN: Standing = { bonded: true, flaggedAt: null, override: null };

function rate(events: readonly ScoreEvent[], standing: Standing = PLAIN, asOf = AS_OF): ScoreResult {
  return score({ asOf, events, basis: "known", ...standing }, MCR_1);
}

function input(history: RandomHistory): Extract<ScoreInput, { events: readonly ScoreEvent[] }> {
  const { asOf, basis, events, standing } = history;
  return { asOf, basis, events, ...standingAt(standing, asOf) };
}

const lives = fc.array(phases, { maxLength: 6 });
/** The flag may be set; an override is left out, as the properties say. */
const standings = fc.record({
  bonded: fc.boolean(),
  flaggedAt: fc.option(fc.integer({ min: AS_OF - 200 * SECONDS_PER_DAY, max: AS_OF }), { freq: 1 }),
  override: fc.constant(null),
});

const asClass = (phase: Phase, cls: 0 | 1 | 2): Phase => ({ ...phase, cls, paid: cls > 0 && phase.paid });
const points = (result: ScoreResult): number => Object.values(result.points).reduce((a, b) => a + b, 0);

it("points and adjustments add up to the raw score, each within its bounds", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const result = score(input(history), MCR_1);
      expect(points(result) + result.flagPoints).toBe(result.rawScore);
      for (const [id, value] of Object.entries(result.points)) {
        expect(Number.isInteger(value)).toBe(true);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(MCR_1.max[id as keyof typeof MCR_1.max]);
      }
      expect(result.rawScore).toBeGreaterThanOrEqual(0);
      expect(result.rawScore).toBeLessThanOrEqual(100);
      expect(result.flagPoints).toBeGreaterThanOrEqual(-15);
    }),
    runs,
  );
});

it("1: self-reported history alone never passes 52", () => {
  fc.assert(
    fc.property(lives, standings, (life, standing) => {
      const events = expand(
        AS_OF,
        life.map((phase) => asClass(phase, 0)),
      );
      expect(rate(events, standing).rawScore).toBeLessThanOrEqual(52);
    }),
    runs,
  );
});

it("1: without hardware evidence a score never passes 93", () => {
  fc.assert(
    fc.property(lives, standings, (life, standing) => {
      const events = expand(
        AS_OF,
        life.map((phase) => asClass(phase, phase.cls === 2 ? 1 : phase.cls)),
      );
      const result = rate(events, standing);
      expect(result.rawScore).toBeLessThanOrEqual(93);
      expect(result.mcr).not.toBe("AAA");
    }),
    runs,
  );
});

it("1: an instant backfill of self-reported events never passes 39", () => {
  fc.assert(
    fc.property(lives, standings, fc.nat(86_399), fc.nat(100), (life, standing, second, daysLater) => {
      const recordedAt = AS_OF - (AS_OF % SECONDS_PER_DAY) + second;
      const asOf = recordedAt + 1 + daysLater * SECONDS_PER_DAY;
      const events = expand(
        recordedAt,
        life.map((phase) => asClass(phase, 0)),
      ).map((e) => ({ ...e, recordedAt }));
      expect(rate(events, standing, asOf).rawScore).toBeLessThanOrEqual(39);
    }),
    runs,
  );
});

const newEvents = fc.record({
  eventType: fc.constantFrom<0 | 1>(0, 1),
  cls: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
  paid: fc.boolean(),
  cents,
  ageSeconds: fc.integer({ min: 0, max: 500 * SECONDS_PER_DAY }),
});

it("2: an event dated and recorded now never lowers the score, one dated earlier by no more than the trend's points", () => {
  fc.assert(
    fc.property(lives, standings, newEvents, (life, standing, made) => {
      const events = expand(AS_OF, life);
      const before = rate(events, standing);
      const event: ScoreEvent = {
        index: events.length,
        eventType: made.eventType,
        timestamp: AS_OF,
        recordedAt: AS_OF,
        usdScoringCents: made.eventType === 0 ? made.cents : null,
        cls: made.cls,
        paid: made.paid && made.cls > 0,
      };
      expect(rate([...events, event], standing).rawScore).toBeGreaterThanOrEqual(before.rawScore);
      const earlier = { ...event, timestamp: AS_OF - made.ageSeconds };
      const after = rate([...events, earlier], standing);
      expect(after.rawScore).toBeGreaterThanOrEqual(before.rawScore - before.points.revenue_trend);
    }),
    runs,
  );
});

it("3: self-reported volume on active days moves the score by at most 9 points and one letter", () => {
  fc.assert(
    fc.property(
      lives,
      standings,
      fc.array(fc.tuple(fc.nat(), cents, fc.boolean()), { maxLength: 8 }),
      (life, standing, more) => {
        const events = expand(AS_OF, life);
        const known = events.filter((event) => isTaken(event, AS_OF, "known") && isQualifying(event));
        if (known.length === 0) return;
        const before = rate(events, standing);
        const changed = [...events];
        for (const [at, amount, larger] of more) {
          const base = known[at % known.length]!;
          const position = changed.indexOf(base);
          // Larger: a self-reported revenue event grows. More: one more event beside one that counts already.
          if (
            larger &&
            base.cls === 0 &&
            base.eventType === 0 &&
            position >= 0 &&
            amount > base.usdScoringCents!
          ) {
            changed[position] = { ...base, usdScoringCents: amount };
          } else {
            changed.push({
              ...base,
              index: changed.length,
              eventType: 0,
              usdScoringCents: amount,
              cls: 0,
              paid: false,
            });
          }
        }
        const after = rate(changed, standing);
        expect(Math.abs(after.rawScore - before.rawScore)).toBeLessThanOrEqual(9);
        const crossed = MCR_1.ratings.filter(
          ({ from }) => after.rawScore >= from !== before.rawScore >= from,
        );
        expect(crossed.length).toBeLessThanOrEqual(1);
      },
    ),
    runs,
  );
});

it("4: the order of events never matters", () => {
  fc.assert(
    fc.property(
      histories.chain((history) =>
        fc.tuple(
          fc.constant(history),
          fc.shuffledSubarray([...history.events], { minLength: history.events.length }),
        ),
      ),
      ([history, shuffled]) => {
        const given = input(history);
        expect(score({ ...given, events: shuffled }, MCR_1)).toEqual(score(given, MCR_1));
      },
    ),
    runs,
  );
});

it("5: splitting a USD event into two of its day and class changes nothing but what rounding of S / 4 gives", () => {
  fc.assert(
    fc.property(
      lives,
      standings,
      fc.nat(),
      fc.bigInt({ min: 0n, max: 1n << 256n }),
      (life, standing, at, cut) => {
        const events = expand(AS_OF, life);
        const revenue = events.filter((event) => event.eventType === 0);
        if (revenue.length === 0) return;
        const whole = revenue[at % revenue.length]!;
        const amount = BigInt(whole.usdScoringCents!);
        const part = amount === 0n ? 0n : cut % (amount + 1n);
        const split = events.flatMap((event) =>
          event === whole
            ? [
                { ...event, usdScoringCents: part },
                { ...event, usdScoringCents: amount - part, index: events.length },
              ]
            : [event],
        );
        // The sums are the same, so not even rounding differs.
        expect(rate(split, standing).rawScore).toBe(rate(events, standing).rawScore);
        expect(rate(split, standing).points).toEqual(rate(events, standing).points);
      },
    ),
    runs,
  );
});
