/** The words in which a score explains itself, histories, and the edges of the input. */
import { describe, expect, it } from "vitest";
import { buildDays, mergeRow } from "./days.ts";
import { explain } from "./explain.ts";
import { SECONDS_PER_DAY } from "./figures.ts";
import { historyTimes, scoreHistory } from "./history.ts";
import { MCR_1 } from "./parameters.ts";
import { dollars, isoDate } from "./reasons.ts";
import { ratingOf, score } from "./score.ts";
import type { Cents, EvidenceClass, ScoreEvent, ScoreInput, Standing } from "./types.ts";

// 2026-11-20, 12:00 UTC
const NOW = 1_795_176_000;
const PLAIN: Standing = { bonded: true, flaggedAt: null, override: null };

function event(age: number, cents: Cents | null, cls: EvidenceClass = 0): ScoreEvent {
  const at = NOW - age * SECONDS_PER_DAY;
  return {
    index: age,
    eventType: cents === null ? 1 : 0,
    timestamp: at,
    recordedAt: at,
    usdScoringCents: cents,
    cls,
    paid: cls === 1,
  };
}

const asked = (events: ScoreEvent[], standing: Partial<Standing> = {}): ScoreInput => ({
  asOf: NOW,
  events,
  basis: "known",
  ...PLAIN,
  ...standing,
});

const days = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const working = [
  ...days(0, 18).map((age) => event(age, null)),
  event(1, 123_456, 1),
  event(2, 2_000),
  event(35, 100_000, 1),
  event(130, null),
];

describe("an explanation", () => {
  const { result, explanation } = explain(asked(working, { flaggedAt: NOW - 10 * SECONDS_PER_DAY }), MCR_1);

  it("gives a sentence with the figures for each factor", () => {
    expect(explanation.factors.map((factor) => factor.reason)).toEqual([
      "2,234.56 USD paid and 20.00 USD unpaid revenue in the last 90 days count as 2,239.56 USD: 20 of 30 points",
      "Paid revenue of 1,234.56 USD in the last 30 days after 1,000.00 USD in the 30 before: 6 of 10 points",
      "18 active days in the last 30: 18 of 20 points",
      "0 hardware, 2 on-chain and 17 self-reported active days in the last 90: 2 of 25 points",
      "Events witnessed by the chain over 130 days and dated over 130 days: 5 of 15 points",
    ]);
  });

  it("gives the figures as integers, and they add up", () => {
    expect(explanation.factors[0]!.inputs).toEqual({
      paid_cents: 223_456n,
      unpaid_cents: 2_000n,
      counted_cents: 223_956n,
      window_days: 90,
    });
    expect(explanation.adjustments).toEqual([
      {
        id: "negative_flag",
        points: -2,
        until: NOW + 170 * SECONDS_PER_DAY,
        reason: "A negative flag set on 2026-11-10 takes 2 points of the 2 for trust until 2027-05-09",
      },
    ]);
    const sum = [...explanation.factors, ...explanation.adjustments].reduce(
      (total, { points }) => total + points,
      0,
    );
    expect([sum, result.rawScore, result.mcr]).toEqual([49, 49, "BB"]);
  });

  it("shows the gates in order", () => {
    expect(explanation.gates).toEqual([
      { id: "bond", passed: true, value: 1, needed: 1 },
      { id: "event_count", passed: true, value: 22, needed: 5 },
      { id: "dated_span", passed: true, value: 130, needed: 7 },
      { id: "raw_score", passed: true, value: 49, needed: 30 },
    ]);
    expect(explain(asked([], { bonded: false }), MCR_1).explanation.gates.map((gate) => gate.passed)).toEqual(
      [false, false, false, false],
    );
  });

  it("has words for what is missing, for growth without payments, and for an override", () => {
    const reasons = (input: ScoreInput): string[] =>
      explain(input, MCR_1).explanation.factors.map((factor) => factor.reason);
    expect(reasons(asked([]))).toEqual([
      "No revenue in the last 90 days: 0 of 30 points",
      "No revenue in the 30 days before the last 30 to compare with: 0 of 10 points",
      "0 active days in the last 30: 0 of 20 points",
      "0 hardware, 0 on-chain and 0 self-reported active days in the last 90: 0 of 25 points",
      "No qualifying event yet: 0 of 15 points",
    ]);
    const unpaid = reasons(asked([event(1, 4_000), event(40, 400), event(500, null)], { override: 7 }));
    expect(unpaid.slice(0, 4)).toEqual([
      "0.00 USD paid and 44.00 USD unpaid revenue in the last 90 days count as 10.00 USD: 6 of 30 points",
      "Revenue, unpaid at a quarter, of 10.00 USD in the last 30 days after 1.00 USD in the 30 before, " +
        "for at most 3 points without payments: 3 of 10 points",
      "1 active day in the last 30: 1 of 20 points",
      "A trust override replaces the 3 points that the events would earn: 7 of 25 points",
    ]);
    expect(reasons(asked([event(0, null), event(365, null)]))[3]).toBe(
      "0 hardware, 0 on-chain and 1 self-reported active days in the last 90, with 365 days witnessed by the chain: 3 of 25 points",
    );
  });
});

describe("improvements", () => {
  const ids = (input: ScoreInput) => explain(input, MCR_1).explanation.improvements;

  it("name what reaches the next letter, by the smallest effort", () => {
    expect(ids(asked(working))).toEqual([
      {
        id: "show_payments",
        action: "Record an activity event backed by a payment from a customer on each of the next 13 days",
        points_gain: 9,
        reaches: "BBB",
      },
      {
        id: "sign_with_hardware",
        action: "Record an activity event signed by attested hardware on each of the next 8 days",
        points_gain: 9,
        reaches: "BBB",
      },
      {
        id: "earn",
        action: "Take 3,903.30 USD more in payments on a chain and record them as revenue",
        points_gain: 9,
        reaches: "BBB",
      },
    ]);
  });

  it("are the bond alone for an unbonded machine", () => {
    expect(ids(asked(working, { bonded: false }))).toEqual([
      { id: "bond", action: "Bond the machine", points_gain: 0, reaches: "BB" },
    ]);
  });

  it("tell a machine without a history how to get its first letter", () => {
    expect(ids(asked([event(0, null)]))[0]).toEqual({
      id: "show_payments",
      action: "Record an activity event backed by a payment from a customer on each of the next 20 days",
      points_gain: 29,
      reaches: "B",
    });
  });

  it("offer to clear a flag and an override that hold a machine down", () => {
    const trusted = [...days(0, 60).map((age) => event(age, 50_000, 1)), event(400, null)];
    const flagged = ids(asked(trusted, { flaggedAt: NOW - SECONDS_PER_DAY })).map(({ id }) => id);
    expect(flagged).toContain("clear_flag");
    expect(ids(asked(trusted, { override: 0 })).map(({ id }) => id)).toContain("clear_override");
  });

  it("are none for a machine that has everything", () => {
    const best = days(0, 400).map((age) => ({ ...event(age, age < 30 ? 100_000 : 40_000, 2), paid: true }));
    expect(ids(asked(best))).toEqual([]);
  });
});

describe("history", () => {
  it("gives the times from, from + step, ... up to to", () => {
    expect(historyTimes(0, 3 * 86_400 - 1, 86_400)).toEqual([0, 86_400, 172_800]);
    expect(historyTimes(5, 5, 86_400)).toEqual([5]);
    expect(historyTimes(0, 399 * 86_400, 86_400)).toHaveLength(400);
  });

  it.each([
    [[0, 10, 86_399], "step must be at least 86400 seconds, got 86399"],
    [[10, 9, 86_400], "to (9) lies before from (10)"],
    [[0, 400 * 86_400, 86_400], "401 items"],
  ] as const)("refuses %j", ([from, to, step], message) => {
    expect(() => historyTimes(from, to, step)).toThrow(message);
  });

  it("scores each time with the standing of that time", () => {
    const standing = {
      bondedAt: NOW - 5 * SECONDS_PER_DAY,
      flags: [{ at: NOW - 2 * SECONDS_PER_DAY, clearedAt: NOW - SECONDS_PER_DAY }],
      overrides: [],
    };
    const times = [6, 3, 2, 1, 0].map((age) => NOW - age * SECONDS_PER_DAY);
    const results = scoreHistory({ events: working, standing, basis: "known" }, times, MCR_1);
    expect(results.map((result) => result.status === "unbonded")).toEqual([true, false, false, false, false]);
    expect(results.map((result) => result.flagPoints < 0)).toEqual([false, false, true, false, false]);
    expect(results.at(-1)).toEqual(score(asked(working), MCR_1));
  });
});

describe("edges", () => {
  it("gives each raw score its letter", () => {
    const letters = Array.from({ length: 101 }, (_, raw) => ratingOf(raw, MCR_1));
    const firsts = letters.flatMap((letter, raw) =>
      letter === letters[raw - 1] ? [] : [`${letter} ${raw}`],
    );
    expect(firsts).toEqual(["NR 0", "B 30", "BB 45", "BBB 60", "A 75", "AA 85", "AAA 95"]);
  });

  it("begins with 1970 and with nothing", () => {
    expect(score({ ...asked([]), asOf: 0 }, MCR_1)).toMatchObject({ rawScore: 0, status: "provisioned" });
    expect(buildDays([])).toEqual({
      days: [],
      totals: { count: 0, firstDay: 0, lastDay: 0, firstRecordedDay: 0, lastRecordedDay: 0 },
    });
  });

  it("builds rows by day, whatever the order of events", () => {
    const rows = buildDays([event(1, null), event(3, null), event(2, 5)]).days;
    expect(rows.map((row) => Math.floor(NOW / SECONDS_PER_DAY) - row.day)).toEqual([3, 2, 1]);
    expect(rows[1]).toMatchObject({ cls: 0, paidCents: 0, unpaidCents: 5, count: 1 });
  });
});

describe("bad input", () => {
  it.each([
    [{ asOf: 1.5 }, "as_of must be whole Unix seconds of at least 0, got 1.5"],
    [{ asOf: -1 }, "got -1"],
    [{ override: 26 }, "trust override must be a whole number from 0 to 25, got 26"],
    [{ override: 0.5 }, "got 0.5"],
  ])("%j is refused", (change, message) => {
    expect(() => score({ ...asked([]), ...change }, MCR_1)).toThrow(message);
  });

  it("rows of different days are not merged", () => {
    const { days: rows } = buildDays([event(0, null), event(1, null)]);
    expect(() => mergeRow(rows[0], rows[1]!)).toThrow("cannot be merged");
  });
});

describe("words", () => {
  it.each([
    [0n, "0.00 USD"],
    [5n, "0.05 USD"],
    [123_456_789n, "1,234,567.89 USD"],
  ])("%s cents", (cents, text) => expect(dollars(cents)).toBe(text));

  it.each([0, 86_399, 86_400, 951_782_400, 1_709_164_800, 1_767_225_599, 4_102_444_800])(
    "date of %i",
    (seconds) => {
      expect(isoDate(seconds)).toBe(new Date(seconds * 1_000).toISOString().slice(0, 10));
    },
  );
});
