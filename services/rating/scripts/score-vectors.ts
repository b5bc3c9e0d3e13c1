/**
 * Writes src/score/vectors.json: fixed histories with the score `mcr-1` gives them. Run once per model version; the file is
 * frozen after that, and a test holds the model to it:
 *
 *     node --conditions=@peaqos/source services/rating/scripts/score-vectors.ts --write
 *     node_modules/.bin/biome check --write services/rating/src/score/vectors.json
 */
import { writeFileSync } from "node:fs";
import { stringifyJson } from "@peaqos/protocol";
import fc from "fast-check";
import { SECONDS_PER_DAY } from "../src/score/figures.ts";
import { MCR_1 } from "../src/score/parameters.ts";
import { histories, type RandomHistory } from "../src/score/random-history.ts";
import { score } from "../src/score/score.ts";
import { standingAt } from "../src/score/standing.ts";
import type { Basis, Cents, EvidenceClass, ScoreEvent, StandingHistory } from "../src/score/types.ts";

const NOON = 1_790_000_000 - (1_790_000_000 % SECONDS_PER_DAY) + 43_200;
const BONDED: StandingHistory = { bondedAt: NOON - 1_000 * SECONDS_PER_DAY, flags: [], overrides: [] };
const ago = (days: number): number => NOON - days * SECONDS_PER_DAY;

type Vector = RandomHistory & { readonly name: string };
const vectors: Vector[] = [];

function add(
  name: string,
  events: readonly Omit<ScoreEvent, "index">[],
  standing: Partial<StandingHistory> = {},
  question: { asOf?: number; basis?: Basis } = {},
): void {
  vectors.push({
    name,
    asOf: question.asOf ?? NOON,
    basis: question.basis ?? "known",
    standing: { ...BONDED, ...standing },
    events: events.map((event, index) => ({ ...event, index })),
  });
}

function event(
  age: number,
  cents: Cents | null,
  cls: EvidenceClass = 0,
  recordedAge = age,
): Omit<ScoreEvent, "index"> {
  return {
    eventType: cents === null ? 1 : 0,
    timestamp: ago(age),
    recordedAt: ago(recordedAge),
    usdScoringCents: cents,
    cls,
    paid: cls === 1,
  };
}

const active = (ages: readonly number[], cls: EvidenceClass = 0) => ages.map((age) => event(age, null, cls));
const days = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

add("nothing at all", []);
add("not bonded", active(days(0, 10)), { bondedAt: null });
add("bonded at this very second", active(days(0, 10)), { bondedAt: NOON });
add("bonded one second later", active(days(0, 10)), { bondedAt: NOON + 1 });
add("four events over 7 days", active([0, 1, 2, 7]));
add("five events over 6 days", active([0, 1, 2, 3, 6]));
add("five events over 7 days", active([0, 1, 2, 3, 7]));
add("revenue of 0 cents does not qualify", [...active([0, 7]), ...[1, 2, 3].map((age) => event(age, 0))]);

for (const cents of [
  1, 49, 50, 99, 100, 101, 999, 1_000, 1_001, 2_499, 2_500, 9_999, 10_000, 21_249, 21_250,
]) {
  add(`level: ${cents} paid cents`, [event(1, cents, 1)]);
}
for (const cents of [
  99_999,
  100_000,
  999_999,
  1_000_000,
  2_999_999,
  3_000_000,
  2 ** 53 - 1,
  2n ** 256n - 1n,
]) {
  add(`level: ${cents} paid cents`, [event(1, cents, 1)]);
}
add("level: sums past 2^53 stay exact", [
  event(1, 2 ** 53 - 1, 1),
  event(31, 2 ** 53 - 1, 1),
  event(32, 3, 1),
]);
for (const cents of [3, 4, 199, 200, 3_999, 4_000, 4_003, 10n ** 40n])
  add(`level: ${cents} unpaid cents`, [event(1, cents)]);
add("level: paid beside unpaid", [event(1, 700, 1), event(2, 1_203)]);
add("level: hardware without payment is unpaid", [event(1, 100_000, 2)]);
add("level: day 89 counts", [event(89, 10_000, 1)]);
add("level: day 90 does not", [event(90, 10_000, 1)]);

for (const [last, before] of [
  [0, 100],
  [16, 100],
  [17, 100],
  [99, 100],
  [100, 100],
  [110, 100],
  [111, 100],
  [124, 100],
] as const) {
  add(`trend: ${last} after ${before} paid cents`, [event(29, last, 1), event(30, before, 1)]);
}
for (const [last, before] of [
  [125, 100],
  [150, 100],
  [175, 100],
  [200, 100],
  [1_000, 1],
  [1, 1],
  [89, 100],
  [90, 100],
] as const) {
  add(`trend: ${last} after ${before} paid cents`, [event(0, last, 1), event(59, before, 1)]);
}
add("trend: nothing before", [event(0, 500, 1)]);
add("trend: day 60 is no longer before", [event(0, 500, 1), event(60, 500, 1)]);
add("trend: unpaid alone earns 3 at most", [event(0, 4_000), event(40, 400)]);
add("trend: unpaid falling", [event(0, 400), event(40, 4_000)]);
add("trend: unpaid under 4 cents before is nothing", [event(0, 400), event(40, 3)]);
add("trend: payments decide where they earn more", [event(0, 400, 1), event(40, 400, 1), event(41, 4_000)]);
add("trend: payments falling, everything growing", [event(0, 100, 1), event(1, 40_000), event(40, 1_000, 1)]);
add("trend: amounts of 2^256", [event(0, 2n ** 256n - 1n, 1), event(40, 2n ** 256n - 2n, 1)]);

for (const count of [1, 19, 20, 21, 30]) add(`cadence: ${count} active days`, active(days(0, count)));
add("cadence: day 29 counts, day 30 does not", active([29, 30]));
add("cadence: many events on one day are one day", active([3, 3, 3, 3, 3, 3]));

for (const [h, c, s] of [
  [1, 0, 0],
  [2, 0, 0],
  [29, 0, 0],
  [30, 0, 0],
  [0, 2, 0],
  [0, 36, 0],
  [0, 37, 0],
  [0, 0, 9],
] as const) {
  add(`trust: ${h} hardware, ${c} on-chain, ${s} self-reported days`, [
    ...active(days(0, h), 2),
    ...active(days(h, c), 1),
    ...active(days(h + c, s), 0),
  ]);
}
for (const [h, c, s] of [
  [0, 0, 10],
  [0, 0, 50],
  [0, 0, 60],
  [1, 36, 0],
  [8, 36, 5],
  [9, 36, 5],
  [3, 5, 40],
  [0, 26, 50],
] as const) {
  add(`trust: ${h} hardware, ${c} on-chain, ${s} self-reported days`, [
    ...active(days(0, h), 2),
    ...active(days(h, c), 1),
    ...active(days(h + c, s), 0),
  ]);
}
add("trust: a day has its highest class", [
  ...active([1, 2, 3], 0),
  ...active([1, 2, 3], 2),
  ...active([1, 2, 3], 1),
]);
add("trust: day 89 counts, day 90 does not", active([89, 90], 2));
add("trust: revenue under a cent gives a day no class", [event(1, 0, 2), ...active([1], 0)]);

for (const span of [23, 24, 47, 359, 360, 364, 365, 366]) {
  add(`history: witnessed over ${span} days`, active([0, 1, 2, 3, span]));
}
for (const span of [23, 24, 119, 120, 900]) {
  add(
    `history: dated back over ${span} days, recorded today`,
    [0, 1, 2, 3, span].map((age) => event(age, null, 0, 0)),
  );
}
add("history: 100 days witnessed, 400 dated", [...active([0, 1, 2, 100]), event(400, null, 0, 50)]);
add("history: a year witnessed, no work in 90 days", active([100, 200, 300, 400, 500]));
add("history: a year witnessed, two on-chain days", [...active([400]), ...active([1, 2], 1)]);

const flag = (at: number, clearedAt: number | null = null) => ({ flags: [{ at, clearedAt }] });
const busy = [...active(days(0, 40), 1), ...active([400])];
add("flag: set now", busy, flag(NOON));
add("flag: set a second later", busy, flag(NOON + 1));
add("flag: in its last second", busy, flag(ago(180) + 1));
add("flag: over after 180 days", busy, flag(ago(180)));
add("flag: cleared now", busy, flag(ago(10), NOON));
add("flag: cleared a second later", busy, flag(ago(10), NOON + 1));
add("flag: set twice, the later one decides", busy, {
  flags: [
    { at: ago(300), clearedAt: ago(200) },
    { at: ago(20), clearedAt: null },
  ],
});
add("flag: takes no more than the trust there is", active(days(0, 20)), flag(ago(1)));
const override = (value: number, clearedAt: number | null = null) => ({
  overrides: [{ at: ago(1), value, clearedAt }],
});
add("override: 0", busy, override(0));
add("override: 25", busy, override(25));
add("override: 25 on a flagged machine", busy, { ...override(25), ...flag(ago(2)) });
add("override: cleared", busy, override(0, ago(0.5)));
add("override: does not lift the gates", active([0]), override(25));

const late = [...active([0, 1, 2, 3]), event(100, 5_000, 1, 1), event(20, 4_000, 1, 2)];
add("past: known leaves out what was recorded later", late, {}, { asOf: ago(1.5) });
add("past: dated takes it", late, {}, { asOf: ago(1.5), basis: "dated" });
add("past: an event of the same day, later than asked", active([5.25, 5, 6, 7, 13]), {}, { asOf: ago(5.2) });
add("past: before the first event", busy, {}, { asOf: ago(500) });
add(
  "past: the last second of a day",
  [event(29.5, 500, 1), event(30.5, 500, 1)],
  {},
  { asOf: NOON + 43_199 },
);
add(
  "past: the first second of the next day",
  [event(29.5, 500, 1), event(30.5, 500, 1)],
  {},
  { asOf: NOON + 43_200 },
);
add(
  "a machine that has it all",
  days(0, 400)
    .map((age) => ({ ...event(age, age < 30 ? 100_000 : 40_000, 2), paid: true }))
    .filter((_, i) => i < 75 || i === 399),
);

const random = fc
  .sample(histories, { seed: 20_261_122, numRuns: 2_000 })
  .filter(({ events }) => events.length > 5 && events.length <= 60);
for (const [i, history] of random.slice(0, 200 - vectors.length).entries())
  vectors.push({ ...history, name: `random ${i + 1}` });

const COLUMNS = ["event_type", "timestamp", "recorded_at", "scoring_usd", "trust_effective", "paid"];
const lines = vectors.map(({ name, asOf, basis, standing, events }) => {
  const result = score({ asOf, basis, events, ...standingAt(standing, asOf) }, MCR_1);
  return stringifyJson({
    name,
    as_of: asOf,
    basis,
    machine: {
      bonded_at: standing.bondedAt,
      flags: standing.flags.map(({ at, clearedAt }) => ({ at, cleared_at: clearedAt })),
      overrides: standing.overrides.map(({ at, value, clearedAt }) => ({ at, value, cleared_at: clearedAt })),
    },
    events: events.map((e) => [e.eventType, e.timestamp, e.recordedAt, e.usdScoringCents, e.cls, e.paid]),
    expected: {
      mcr: result.mcr,
      mcr_score: result.mcrScore,
      raw_score: result.rawScore,
      status: result.status,
      revenue_trend: result.trend,
      factors: result.points,
      negative_flag: result.flagPoints,
    },
  });
});
const text = `{\n"model": "${MCR_1.model}",\n"event_columns": ${JSON.stringify(COLUMNS)},\n"vectors": [\n${lines.join(",\n")}\n]\n}\n`;
const file = new URL("../src/score/vectors.json", import.meta.url);
if (process.argv.includes("--write")) writeFileSync(file, text);
else process.stdout.write(text);
