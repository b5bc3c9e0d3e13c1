/**
 * Random machine histories for tests and vectors: a few phases of regular work, with their edges where the model has edges
 * (windows, knots, spans, flags), expanded to events. Shrinks well because a phase is a handful of numbers.
 */
import fc from "fast-check";
import { SECONDS_PER_DAY } from "./figures.ts";
import type { Basis, Cents, EvidenceClass, ScoreEvent, StandingHistory } from "./types.ts";

export type Phase = {
  /** Age in days of its newest event. */
  readonly age: number;
  /** How many events, and every how many days. */
  readonly events: number;
  readonly everyDays: number;
  /** Seconds into the day of the first one; others shift a little. */
  readonly second: number;
  readonly kind: "activity" | "revenue" | "both";
  readonly cls: EvidenceClass;
  readonly paid: boolean;
  readonly cents: Cents;
  /** Seconds between an event and its recording; `null`: all are recorded at `recordedAge`. */
  readonly delay: number | null;
  readonly recordedAge: number;
};

/** A machine's whole life and the question asked about it. */
export type RandomHistory = {
  readonly asOf: number;
  readonly basis: Basis;
  readonly events: readonly ScoreEvent[];
  readonly standing: StandingHistory;
};

const near = (...values: number[]): fc.Arbitrary<number> =>
  fc.constantFrom(...[...new Set(values.flatMap((v) => [v - 1, v, v + 1]))].filter((v) => v >= 0));

const ages = fc.oneof(
  near(0, 30, 60, 90, 365),
  fc.integer({ min: 0, max: 120 }),
  fc.integer({ min: 0, max: 900 }),
);

/** Amounts at the knots, at quarters, and where `number` arithmetic ends. */
export const cents: fc.Arbitrary<Cents> = fc.oneof(
  { weight: 6, arbitrary: near(0, 4, 100, 400, 1_000, 4_000, 10_000, 100_000, 1_000_000, 3_000_000) },
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 300_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }) },
);

const within = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

/** Anything at all, old or new, recorded soon or late. */
const anyPhase = {
  age: ages,
  events: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 80 })),
  everyDays: fc.oneof(fc.constantFrom(0, 1, 1, 1, 2, 7, 24), within(60)),
  delay: fc.oneof(fc.constantFrom(0, 1, null), within(3 * SECONDS_PER_DAY), within(500 * SECONDS_PER_DAY)),
};

/** A machine at work these weeks, recorded as it goes: what most machines look like, and where most points are. */
const workPhase = {
  age: fc.oneof(within(5), near(30, 60), within(90)),
  events: fc.integer({ min: 5, max: 60 }),
  everyDays: fc.constantFrom(0, 1, 1, 1, 1, 2, 3),
  delay: within(SECONDS_PER_DAY),
};

function phase(shape: typeof anyPhase): fc.Arbitrary<Phase> {
  return fc
    .record({
      ...shape,
      second: fc.oneof(fc.constantFrom(0, SECONDS_PER_DAY - 1), within(SECONDS_PER_DAY - 1)),
      kind: fc.constantFrom("activity", "revenue", "both"),
      cls: fc.constantFrom<EvidenceClass>(0, 0, 1, 2),
      paid: fc.boolean(),
      cents,
      recordedAge: ages,
    })
    .map((made) => ({ ...made, paid: made.paid && made.cls > 0 }));
}

export const phases: fc.Arbitrary<Phase> = fc.oneof(phase(anyPhase), phase(workPhase));

/** The events of phases seen from `asOf`. The chain never records an event before it happened. */
export function expand(asOf: number, list: readonly Phase[]): ScoreEvent[] {
  const events: ScoreEvent[] = [];
  const midnight = asOf - (asOf % SECONDS_PER_DAY);
  for (const phase of list) {
    for (let i = 0; i < phase.events; i += 1) {
      const daysAgo = phase.age + i * phase.everyDays;
      const within = midnight - daysAgo * SECONDS_PER_DAY + ((phase.second + i * 977) % SECONDS_PER_DAY);
      const timestamp = Math.max(0, Math.min(asOf, within));
      const recordedAt =
        phase.delay === null
          ? Math.max(timestamp, asOf - phase.recordedAge * SECONDS_PER_DAY)
          : timestamp + phase.delay;
      const revenue = phase.kind === "revenue" || (phase.kind === "both" && i % 2 === 0);
      events.push({
        index: events.length,
        eventType: revenue ? 0 : 1,
        timestamp,
        recordedAt,
        usdScoringCents: revenue ? phase.cents : null,
        cls: phase.cls,
        paid: phase.paid,
      });
    }
  }
  return events;
}

type Episode = { readonly at: number; readonly clearedAt: number | null };

/** Non-overlapping episodes, oldest first; only the last may still be open. */
function episodes(asOf: number): fc.Arbitrary<Episode[]> {
  return fc.array(fc.tuple(ages, ages, fc.boolean()), { maxLength: 2 }).map((raw) => {
    const times = raw
      .flatMap(([a, b]) => [asOf - a * SECONDS_PER_DAY, asOf - b * SECONDS_PER_DAY])
      .sort((a, b) => a - b);
    return raw.map(([, , open], i) => ({
      at: times[2 * i]!,
      clearedAt: open && i === raw.length - 1 ? null : times[2 * i + 1]!,
    }));
  });
}

/** A machine and a question: two times out of three about the past of what is known by now. */
export const histories: fc.Arbitrary<RandomHistory> = fc
  .record({
    asOf: fc.integer({ min: 1_500_000_000, max: 1_900_000_000 }),
    list: fc.array(phases, { maxLength: 5 }),
    past: fc.oneof(fc.constant(0), within(3 * SECONDS_PER_DAY), within(400 * SECONDS_PER_DAY)),
    basis: fc.constantFrom<Basis>("known", "dated"),
    bondAge: fc.option(fc.oneof(fc.constant(1_300), fc.constant(1_300), ages), { freq: 12 }),
  })
  .chain(({ asOf: head, list, past, basis, bondAge }) =>
    fc
      .tuple(
        episodes(head),
        episodes(head),
        fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 2, maxLength: 2 }),
      )
      .map(([flags, overrides, values]) => ({
        asOf: head - past,
        basis,
        events: expand(head, list)
          .sort((a, b) => a.recordedAt - b.recordedAt)
          .map((event, index) => ({ ...event, index })),
        standing: {
          bondedAt: bondAge === null ? null : head - bondAge * SECONDS_PER_DAY,
          flags,
          overrides: overrides.map((episode, i) => ({ ...episode, value: values[i]! })),
        },
      })),
  );
