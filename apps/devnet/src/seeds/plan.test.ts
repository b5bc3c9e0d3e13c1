import { buildDays, MCR_1, type Rating, type ScoreEvent, score } from "@peaqos/rating/score";
import { describe, expect, test } from "vitest";
import { blockTime, SETUP_DAYS_AGO, STEADY_DAYS } from "./calendar.ts";
import { seedPlan } from "./plan.ts";
import type { SeedEvent, SeedMachine } from "./types.ts";

const DAY = 86_400;

/** First starts: plain days, month ends, around a leap day, the first and the last second of a day. */
const starts = [
  "2026-11-22T03:00:00Z",
  "2026-12-31T23:59:59Z",
  "2027-01-01T00:00:00Z",
  "2027-02-28T12:00:00Z",
  "2027-03-31T00:00:01Z",
  "2028-02-29T23:59:59Z",
  "2028-03-01T00:00:00Z",
  "2029-02-28T20:00:00Z",
].map((text) => [text, Date.parse(text) / 1000] as const);

/** What the rating service will make of an event: exchange rates apart, which move no letter here. */
function scored(event: SeedEvent, index: number, now: number, foreignCents: number): ScoreEvent {
  const { evidence } = event;
  const cents = event.currency === "USD" ? event.value : foreignCents;
  return {
    index,
    eventType: event.type,
    timestamp: event.timestamp,
    recordedAt: blockTime(now, event.daysAgo),
    usdScoringCents: event.type === 0 ? cents : null,
    cls: evidence.kind === "hardware" ? 2 : evidence.kind === "payment" ? 1 : 0,
    paid: evidence.kind === "payment" || (evidence.kind === "hardware" && evidence.cents > 0),
  };
}

function rate(
  machine: SeedMachine,
  now: number,
  asOf: number,
  changes: { foreignCents?: number; flag?: boolean; override?: boolean; believed?: boolean } = {},
) {
  const { foreignCents = 0, flag = true, override = true, believed = false } = changes;
  const events = machine.events
    .map((event, index) => scored(event, index, now, foreignCents))
    .map((event, index) =>
      believed && machine.events[index]?.evidence.kind === "refused"
        ? { ...event, cls: 1 as const, paid: true }
        : event,
    );
  const { flaggedDaysAgo } = machine;
  return score(
    {
      asOf,
      bonded: machine.bonded,
      flaggedAt: flag && flaggedDaysAgo !== null ? blockTime(now, flaggedDaysAgo) : null,
      override: override ? (machine.override?.value ?? null) : null,
      ...buildDays(events),
    },
    MCR_1,
  );
}

const byName = (now: number, name: string): SeedMachine =>
  seedPlan(now).machines.find((machine) => machine.name === name)!;

describe.each(starts)("first start at %s", (_, now) => {
  test("every machine has the rating its name says, at once and for days", () => {
    for (const machine of seedPlan(now).machines) {
      for (const foreignCents of [0, 1_000_000]) {
        for (let days = 0; days <= STEADY_DAYS; days += 1) {
          const { mcr, rawScore, points } = rate(machine, now, now + days * DAY, { foreignCents });
          expect({ name: machine.name, days, mcr, rawScore, points }).toMatchObject({ mcr: machine.rating });
        }
      }
    }
  });

  test("fewer than 100 blocks, all after the chain's begin and before now, nothing dated after its block", () => {
    const { machines, reportDays } = seedPlan(now);
    expect(reportDays.length).toBeLessThan(90);
    expect(reportDays[0]).toBeLessThan(SETUP_DAYS_AGO);
    expect(reportDays.at(-1)).toBeGreaterThan(0);
    for (const event of machines.flatMap((machine) => machine.events)) {
      expect(event.timestamp).toBeLessThanOrEqual(blockTime(now, event.daysAgo));
      if (event.evidence.kind === "payment")
        expect(blockTime(now, event.daysAgo) - event.timestamp).toBeLessThanOrEqual(600);
    }
  });

  test("the stories told by the names hold", () => {
    const unbonded = rate(byName(now, "unbonded-old-pump"), now, now);
    expect(unbonded.status).toBe("unbonded");
    const nr = rate(byName(now, "nr-parking-sensor"), now, now);
    expect(nr.status).toBe("below_threshold");
    expect(rate(byName(now, "flagged-scooter"), now, now, { flag: false }).mcr).toBe("AA");
    expect(rate(byName(now, "override-tractor"), now, now, { override: false }).mcr).toBe("BB");
    expect(rate(byName(now, "disbelieved-gpu-rack"), now, now, { believed: true }).mcr).toBe("BBB");
  });

  test("the charger for sale has no event today, room in its cadence, and climbs when it sells", () => {
    const machine = byName(now, "bb-charger-for-sale");
    const before = rate(machine, now, now);
    expect(Math.max(...machine.events.map((event) => event.timestamp))).toBeLessThan(now - (now % DAY));
    expect(before.points.cadence).toBeLessThanOrEqual(12);
    expect(before.rawScore).toBeGreaterThanOrEqual(58);
    const sold = { ...machine.events.at(-1)!, daysAgo: 0, timestamp: now };
    const after = rate({ ...machine, events: [...machine.events, sold] }, now, now);
    expect([before.mcr, after.mcr]).toEqual(["BB", "BBB"]);
  });
});

test("there is one machine for every rating, and variety in who manages, shows and pays", () => {
  const { machines } = seedPlan(starts[0]![1]);
  const ratings: Rating[] = ["AAA", "AA", "A", "BBB", "BB", "B", "NR", "Provisioned"];
  expect(ratings.filter((rating) => !machines.some((machine) => machine.rating === rating))).toEqual([]);
  expect(new Set(machines.map((machine) => machine.name)).size).toBe(machines.length);
  const visibilities = new Set(machines.map((machine) => machine.visibility));
  expect([...visibilities].sort()).toEqual(["onchain", "private", "public"]);
  const currencies = new Set(machines.flatMap((machine) => machine.events.map((event) => event.currency)));
  expect([...currencies].sort()).toEqual(["", "EUR", "JPY", "KES", "KWH", "USD"]);
});
