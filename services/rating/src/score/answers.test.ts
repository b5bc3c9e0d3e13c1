/**
 * Guarantees that every way to an answer gives the same one: day table or events, head or past, one time or a history, and that
 * what an explanation promises is what comes of it.
 *
 * `PEAQOS_PROPERTY_RUNS` sets the number of histories per property (default 1,500).
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { buildDays, mergeRow, mergeTotals, totalsOf } from "./days.ts";
import { explain } from "./explain.ts";
import { dayOf, isTaken, SECONDS_PER_DAY } from "./figures.ts";
import { scoreHistory } from "./history.ts";
import { proposalsFor } from "./improve.ts";
import { MCR_1 } from "./parameters.ts";
import { expand, histories, phases, type RandomHistory } from "./random-history.ts";
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

it("the day table gives the same answer as the events, built at once or piece by piece", () => {
  fc.assert(
    fc.property(lives, standings, fc.nat(), (life, standing, cut) => {
      // The head: nothing is recorded later.
      const events = expand(AS_OF, life).filter((event) => event.recordedAt <= AS_OF);
      const expected = rate(events, standing);
      const full = buildDays(events);
      expect(score({ asOf: AS_OF, ...standing, ...full }, MCR_1)).toEqual(expected);
      const at = cut % (events.length + 1);
      const [first, second] = [buildDays(events.slice(0, at)), buildDays(events.slice(at))];
      const rows = new Map(first.days.map((row) => [row.day, row]));
      for (const row of second.days) rows.set(row.day, mergeRow(rows.get(row.day), row));
      const merged = { days: [...rows.values()], totals: mergeTotals(first.totals, second.totals) };
      expect(merged.totals).toEqual(full.totals);
      expect(totalsOf(merged.days)).toEqual(full.totals);
      expect(score({ asOf: AS_OF, ...standing, ...merged }, MCR_1)).toEqual(expected);
      const recent = merged.days.filter((row) => row.day > dayOf(AS_OF) - 90);
      expect(score({ asOf: AS_OF, ...standing, days: recent, totals: merged.totals }, MCR_1)).toEqual(
        expected,
      );
    }),
    runs,
  );
});

it("known and dated agree about the head, and later events never change what was known", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const given = input(history);
      const known = score({ ...given, basis: "known" }, MCR_1);
      const byThen = given.events.filter((event) => event.recordedAt <= given.asOf);
      expect(score({ ...given, events: byThen, basis: "known" }, MCR_1)).toEqual(known);
      expect(score({ ...given, events: byThen, basis: "dated" }, MCR_1)).toEqual(known);
    }),
    runs,
  );
});

it("a history has at each time the answer asked for that time alone", () => {
  fc.assert(
    fc.property(
      histories,
      fc.array(fc.integer({ min: -3 * SECONDS_PER_DAY, max: 500 * SECONDS_PER_DAY }), { maxLength: 6 }),
      (history, before) => {
        const { asOf, events, basis, standing } = history;
        const times = before.map((seconds) => asOf - seconds);
        const alone = times.map((time) => score({ ...input({ ...history, asOf: time }) }, MCR_1));
        expect(scoreHistory({ events, basis, standing }, times, MCR_1)).toEqual(alone);
      },
    ),
    { numRuns: Math.ceil(runs.numRuns / 5) },
  );
});

it("every improvement is true: the action applied to the events gives the promised score and rating", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const given = input(history);
      const { result, explanation } = explain(given, MCR_1);
      const proposals = proposalsFor(given, result, MCR_1);
      expect(explanation.improvements).toEqual(proposals.map((proposal) => proposal.improvement));
      expect(proposals.length).toBeLessThanOrEqual(3);
      for (const { action, improvement } of proposals) {
        const taken = given.events.filter((event) => isTaken(event, given.asOf, given.basis));
        const events = [...taken, ...action.events];
        const then = score({ asOf: action.asOf, ...action.standing, events, basis: "dated" }, MCR_1);
        expect(then.rawScore - result.rawScore).toBe(improvement.points_gain);
        expect(then.mcr).toBe(improvement.reaches);
        if (improvement.id !== "bond" && then.mcr === result.mcr)
          expect(improvement.points_gain).toBeGreaterThan(0);
      }
      if (!given.bonded) expect(proposals.map((proposal) => proposal.improvement.id)).toEqual(["bond"]);
    }),
    { numRuns: Math.ceil(runs.numRuns / 5) },
  );
});
