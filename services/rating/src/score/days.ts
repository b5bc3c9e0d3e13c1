/** The day table: one row per machine and day, enough for every answer about the head. */
import { dayOf, isQualifying } from "./figures.ts";
import type { Cents, DayHistory, DayRow, DayTotals, EvidenceClass, ScoreEvent } from "./types.ts";

/** Totals of no event at all. */
export const NO_TOTALS: DayTotals = {
  count: 0,
  firstDay: 0,
  lastDay: 0,
  firstRecordedDay: 0,
  lastRecordedDay: 0,
};

/** Exact sum; a `number` as long as it is a safe integer. */
function addCents(a: Cents, b: Cents): Cents {
  if (typeof a === "number" && typeof b === "number" && a <= Number.MAX_SAFE_INTEGER - b) return a + b;
  return BigInt(a) + BigInt(b);
}

type Draft = { -readonly [K in keyof DayRow]: DayRow[K] };

/** A growing day table. Events that do not qualify leave no trace; their order does not matter. */
export class DayTable {
  private readonly rows = new Map<number, Draft>();
  private readonly sums: { -readonly [K in keyof DayTotals]: DayTotals[K] } = { ...NO_TOTALS };

  add(event: ScoreEvent): void {
    if (!isQualifying(event)) return;
    const day = dayOf(event.timestamp);
    const recordedDay = dayOf(event.recordedAt);
    const row = this.rowOf(day, recordedDay);
    row.count += 1;
    if (event.cls > row.cls) row.cls = event.cls;
    if (recordedDay < row.firstRecordedDay) row.firstRecordedDay = recordedDay;
    if (recordedDay > row.lastRecordedDay) row.lastRecordedDay = recordedDay;
    if (event.eventType === 0) {
      const cents = event.usdScoringCents!;
      if (event.paid) row.paidCents = addCents(row.paidCents, cents);
      else row.unpaidCents = addCents(row.unpaidCents, cents);
    }
    const { sums } = this;
    const isFirst = sums.count === 0;
    sums.count += 1;
    if (isFirst || day < sums.firstDay) sums.firstDay = day;
    if (isFirst || day > sums.lastDay) sums.lastDay = day;
    if (isFirst || recordedDay < sums.firstRecordedDay) sums.firstRecordedDay = recordedDay;
    if (isFirst || recordedDay > sums.lastRecordedDay) sums.lastRecordedDay = recordedDay;
  }

  private rowOf(day: number, recordedDay: number): Draft {
    let row = this.rows.get(day);
    if (row === undefined) {
      row = {
        day,
        cls: 0,
        paidCents: 0,
        unpaidCents: 0,
        count: 0,
        firstRecordedDay: recordedDay,
        lastRecordedDay: recordedDay,
      };
      this.rows.set(day, row);
    }
    return row;
  }

  /** All rows, by day. */
  all(): DayHistory {
    return { days: [...this.rows.values()].sort((a, b) => a.day - b.day), totals: { ...this.sums } };
  }

  /** The rows of the `length` days up to and with `today`: what an answer needs. Valid until the next `add`. */
  recent(today: number, length: number): DayHistory {
    const days: DayRow[] = [];
    for (let day = today - length + 1; day <= today; day += 1) {
      const row = this.rows.get(day);
      if (row !== undefined) days.push(row);
    }
    return { days, totals: this.sums };
  }
}

/**
 * Rows and totals of a list of events, in any order.
 * For new events use `mergeRow` and `mergeTotals` with what is stored. When an event's class, mark or existence changes
 * (a retried verdict, a reorg), build its day again from all events of that day and the totals from all rows.
 */
export function buildDays(events: Iterable<ScoreEvent>): DayHistory {
  const table = new DayTable();
  for (const event of events) table.add(event);
  return table.all();
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
