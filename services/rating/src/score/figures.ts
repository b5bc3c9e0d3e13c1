/**
 * What a machine's events or day rows add up to at a time: spans, active days by class, cents by window. Pure, in one pass.
 *
 * Money is summed exactly: sums stay in `number` while they are safe integers and move to `bigint` before they would not be.
 */
import type { ScoreParameters } from "./parameters.ts";
import type { Basis, Cents, DayHistory, Figures, ScoreEvent, ScoreInput } from "./types.ts";

export const SECONDS_PER_DAY = 86_400;

/** Day (UTC) of a time in Unix seconds: `floor(seconds / 86400)`. */
export function dayOf(seconds: number): number {
  return Math.floor(seconds / SECONDS_PER_DAY);
}

/** Whether an event counts at all: every activity, and revenue whose scoring amount is at least 1 cent. */
export function isQualifying(event: Pick<ScoreEvent, "eventType" | "usdScoringCents">): boolean {
  return event.eventType === 1 || (event.usdScoringCents !== null && event.usdScoringCents >= 1);
}

/** Exact sum of cents, fast while it is small. */
class CentSum {
  private small = 0;
  private large = 0n;

  add(cents: Cents): void {
    if (typeof cents === "bigint") {
      if (cents > Number.MAX_SAFE_INTEGER) {
        this.large += cents;
        return;
      }
      cents = Number(cents);
    }
    if (this.small > Number.MAX_SAFE_INTEGER - cents) {
      this.large += BigInt(this.small);
      this.small = 0;
    }
    this.small += cents;
  }

  value(): bigint {
    return this.large + BigInt(this.small);
  }
}

/** Everything that is counted, before any points. */
export type Counted = Omit<Figures, "trustBeforeOverride">;

/** Collects the figures of one machine from events or day rows, in one pass. */
class Tally {
  count = 0;
  firstDay = Number.POSITIVE_INFINITY;
  lastDay = Number.NEGATIVE_INFINITY;
  firstRecordedDay = Number.POSITIVE_INFINITY;
  lastRecordedDay = Number.NEGATIVE_INFINITY;
  private readonly today: number;
  private readonly parameters: ScoreParameters;
  /** Class of each active day plus 1, by age in days; 0 is a day without a qualifying event. */
  private readonly classes: Uint8Array;
  private readonly longest: number;
  private readonly trendDays: number;
  private readonly paid: readonly [CentSum, CentSum, CentSum] = [new CentSum(), new CentSum(), new CentSum()];
  private readonly unpaid: readonly [CentSum, CentSum, CentSum] = [
    new CentSum(),
    new CentSum(),
    new CentSum(),
  ];

  constructor(asOf: number, parameters: ScoreParameters) {
    this.today = dayOf(asOf);
    this.parameters = parameters;
    this.trendDays = parameters.revenueTrend.windowDays;
    this.longest = parameters.revenueLevel.windowDays;
    this.classes = new Uint8Array(this.longest);
  }

  addEvent(event: ScoreEvent): void {
    const day = dayOf(event.timestamp);
    const recordedDay = dayOf(event.recordedAt);
    this.count += 1;
    if (day < this.firstDay) this.firstDay = day;
    if (day > this.lastDay) this.lastDay = day;
    if (recordedDay < this.firstRecordedDay) this.firstRecordedDay = recordedDay;
    if (recordedDay > this.lastRecordedDay) this.lastRecordedDay = recordedDay;
    const age = this.today - day;
    if (age >= this.longest) return;
    if (event.cls >= this.classes[age]!) this.classes[age] = event.cls + 1;
    if (event.eventType === 0)
      (event.paid ? this.paid : this.unpaid)[this.windowOf(age)].add(event.usdScoringCents!);
  }

  addDays(history: DayHistory): void {
    const { count, firstDay, lastDay, firstRecordedDay, lastRecordedDay } = history.totals;
    Object.assign(this, { count, firstDay, lastDay, firstRecordedDay, lastRecordedDay });
    for (const row of history.days) {
      const age = this.today - row.day;
      if (age < 0 || age >= this.longest) continue;
      if (row.cls >= this.classes[age]!) this.classes[age] = row.cls + 1;
      const window = this.windowOf(age);
      this.paid[window].add(row.paidCents);
      this.unpaid[window].add(row.unpaidCents);
    }
  }

  /** 0 the last 30 days, 1 the 30 before, 2 the rest of the 90. */
  private windowOf(age: number): 0 | 1 | 2 {
    return age < this.trendDays ? 0 : age < 2 * this.trendDays ? 1 : 2;
  }

  figures(): Counted {
    const days = [0, 0, 0, 0];
    let activeDays30 = 0;
    for (let age = 0; age < this.longest; age += 1) {
      const mark = this.classes[age]!;
      days[mark]! += 1;
      if (mark > 0 && age < this.parameters.cadence.windowDays) activeDays30 += 1;
    }
    const [paid30, paidBefore, paidOlder] = [
      this.paid[0].value(),
      this.paid[1].value(),
      this.paid[2].value(),
    ];
    const [unpaid30, unpaidBefore, unpaidOlder] = [
      this.unpaid[0].value(),
      this.unpaid[1].value(),
      this.unpaid[2].value(),
    ];
    const [hardwareDays, onchainDays, selfDays] = [days[3]!, days[2]!, days[1]!];
    const witnessedSpan = this.count === 0 ? 0 : this.lastRecordedDay - this.firstRecordedDay;
    return {
      count: this.count,
      datedSpan: this.count === 0 ? 0 : this.lastDay - this.firstDay,
      witnessedSpan,
      paid90: paid30 + paidBefore + paidOlder,
      unpaid90: unpaid30 + unpaidBefore + unpaidOlder,
      paid30,
      unpaid30,
      paidBefore,
      unpaidBefore,
      activeDays30,
      hardwareDays,
      onchainDays,
      selfDays,
    };
  }
}

/** What the events or day rows of an input add up to at its `asOf`. */
export function countFigures(input: ScoreInput, parameters: ScoreParameters): Counted {
  const tally = new Tally(input.asOf, parameters);
  if ("days" in input) tally.addDays(input);
  else {
    for (const event of input.events) {
      if (isTaken(event, input.asOf, input.basis) && isQualifying(event)) tally.addEvent(event);
    }
  }
  return tally.figures();
}

/** Whether an answer about `asOf` knows the event. */
export function isTaken(event: ScoreEvent, asOf: number, basis: Basis): boolean {
  return event.timestamp <= asOf && (basis === "dated" || event.recordedAt <= asOf);
}
