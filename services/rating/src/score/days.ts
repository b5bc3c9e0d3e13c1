/** The day table: one row per machine and day, enough for every answer about the head. */
import { dayOf, isQualifying } from "./score.ts";
import type { Cents, DayHistory, DayRow, DayTotals, EvidenceClass, ScoreEvent } from "./types.ts";

/** Exact sum; a `number` as long as it is a safe integer. */
function addCents(a: Cents, b: Cents): Cents {
  if (typeof a === "number" && typeof b === "number" && a <= Number.MAX_SAFE_INTEGER - b) return a + b;
  return BigInt(a) + BigInt(b);
}

type Draft = { -readonly [K in keyof DayRow]: DayRow[K] };

/**
 * Rows and totals of a list of events, in any order. Events that do not qualify leave no trace.
 * For new events use `mergeRow` and `mergeTotals` with what is stored. When an event's class, mark or existence changes
 * (a retried verdict, a reorg), build its day again from all events of that day and the totals from all rows.
 */
export function buildDays(events: Iterable<ScoreEvent>): DayHistory {
  const rows = new Map<number, Draft>();
  for (const event of events) {
    if (!isQualifying(event)) continue;
    const day = dayOf(event.timestamp);
    const recordedDay = dayOf(event.recordedAt);
    let row = rows.get(day);
    if (row === undefined) {
      row = {
        day,
        cls: event.cls,
        paidCents: 0,
        unpaidCents: 0,
        count: 0,
        firstRecordedDay: recordedDay,
        lastRecordedDay: recordedDay,
      };
      rows.set(day, row);
    }
    row.count += 1;
    if (event.cls > row.cls) row.cls = event.cls;
    if (recordedDay < row.firstRecordedDay) row.firstRecordedDay = recordedDay;
    if (recordedDay > row.lastRecordedDay) row.lastRecordedDay = recordedDay;
    if (event.eventType === 0) {
      const cents = event.usdScoringCents!;
      if (event.paid) row.paidCents = addCents(row.paidCents, cents);
      else row.unpaidCents = addCents(row.unpaidCents, cents);
    }
  }
  const days = [...rows.values()].sort((a, b) => a.day - b.day);
  return { days, totals: totalsOf(days) };
}

/** The row of a day after more qualifying events of the same day. */
export function mergeRow(stored: DayRow | undefined, added: DayRow): DayRow {
  if (stored === undefined) return added;
  if (stored.day !== added.day)
    throw new RangeError(`rows of day ${stored.day} and day ${added.day} cannot be merged`);
  return {
    day: stored.day,
    cls: Math.max(stored.cls, added.cls) as EvidenceClass,
    paidCents: addCents(stored.paidCents, added.paidCents),
    unpaidCents: addCents(stored.unpaidCents, added.unpaidCents),
    count: stored.count + added.count,
    firstRecordedDay: Math.min(stored.firstRecordedDay, added.firstRecordedDay),
    lastRecordedDay: Math.max(stored.lastRecordedDay, added.lastRecordedDay),
  };
}

/** Totals of no event at all. */
export const NO_TOTALS: DayTotals = {
  count: 0,
  firstDay: 0,
  lastDay: 0,
  firstRecordedDay: 0,
  lastRecordedDay: 0,
};

/** Totals of two disjoint sets of events. */
export function mergeTotals(a: DayTotals, b: DayTotals): DayTotals {
  if (a.count === 0) return b;
  if (b.count === 0) return a;
  return {
    count: a.count + b.count,
    firstDay: Math.min(a.firstDay, b.firstDay),
    lastDay: Math.max(a.lastDay, b.lastDay),
    firstRecordedDay: Math.min(a.firstRecordedDay, b.firstRecordedDay),
    lastRecordedDay: Math.max(a.lastRecordedDay, b.lastRecordedDay),
  };
}

/** Totals of all rows of a machine. */
export function totalsOf(rows: Iterable<DayRow>): DayTotals {
  let totals = NO_TOTALS;
  for (const row of rows) {
    if (row.count === 0) continue;
    totals = mergeTotals(totals, {
      count: row.count,
      firstDay: row.day,
      lastDay: row.day,
      firstRecordedDay: row.firstRecordedDay,
      lastRecordedDay: row.lastRecordedDay,
    });
  }
  return totals;
}
