/**
 * The rating model: one pure function of integers. No clock, no I/O, no floats, no randomness.
 *
 * Money is summed exactly: sums stay in `number` while they are safe integers and move to `bigint` before they would not be.
 * A quotient of two non-negative safe integers whose sum is below 2^53 is floored right in `number` arithmetic; every use below
 * is far under that. All other money arithmetic is `bigint`.
 */
import type { ScoreParameters } from "./parameters.ts";
import type {
  Basis,
  Cents,
  DayHistory,
  Figures,
  Rating,
  ScoreEvent,
  ScoreInput,
  ScoreResult,
  Standing,
  Status,
  Trend,
} from "./types.ts";

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

  figures(): Figures {
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
      trustBeforeOverride: trustPoints(hardwareDays, onchainDays, selfDays, witnessedSpan, this.parameters),
    };
  }
}

function figuresOf(input: ScoreInput, parameters: ScoreParameters): Figures {
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

function trustPoints(
  hardware: number,
  onchain: number,
  self: number,
  witnessedSpan: number,
  parameters: ScoreParameters,
): number {
  const t = parameters.trust;
  const onchainUnits = t.onchainDay * onchain + Math.min(t.selfCap, t.selfDay * self);
  const units = Math.min(t.hardwareCap, t.hardwareDay * hardware + Math.min(t.onchainCap, onchainUnits));
  const points = Math.floor(units / t.unitsPerPoint);
  if (witnessedSpan < t.yearDays) return points;
  const asSelf = Math.min(t.selfCap, t.selfDay * (hardware + onchain + self));
  return Math.max(points, Math.min(t.yearCap, Math.floor(asSelf / t.unitsPerPoint) + t.yearBonus));
}

/** Cents that `revenue_level` looks at: paid ones, and unpaid ones at a quarter up to a cap. */
export function countedCents(figures: Figures, parameters: ScoreParameters): bigint {
  const { unpaidDivisor, unpaidCap } = parameters.revenueLevel;
  const quarter = figures.unpaid90 / BigInt(unpaidDivisor);
  return figures.paid90 + (quarter < unpaidCap ? quarter : BigInt(unpaidCap));
}

function levelPoints(figures: Figures, parameters: ScoreParameters): number {
  const { knots } = parameters.revenueLevel;
  const last = knots[knots.length - 1]!;
  const cents = countedCents(figures, parameters);
  if (cents >= last.cents) return last.points;
  const x = Number(cents);
  const right = knots.findIndex((knot) => x < knot.cents);
  const [a, b] = [knots[right - 1]!, knots[right]!];
  return a.points + Math.floor(((x - a.cents) * (b.points - a.points)) / (b.cents - a.cents));
}

/** Points of one pair of windows: `t(L, P)` of the model. */
function pairPoints(last: bigint, before: bigint, parameters: ScoreParameters): number {
  const { steadyPoints, growthPoints, upTenths } = parameters.revenueTrend;
  if (before === 0n) return 0;
  if (last < before) return Number((BigInt(steadyPoints) * last) / before);
  if (10n * last <= BigInt(upTenths) * before) return steadyPoints;
  const growth = (BigInt(growthPoints) * (last - before)) / before;
  return steadyPoints + (growth < growthPoints ? Number(growth) : growthPoints);
}

/** Revenue of the two trend windows with the unpaid part at a quarter. */
export function allRevenue(figures: Figures, parameters: ScoreParameters): { last: bigint; before: bigint } {
  const divisor = BigInt(parameters.revenueTrend.unpaidDivisor);
  return {
    last: figures.paid30 + figures.unpaid30 / divisor,
    before: figures.paidBefore + figures.unpaidBefore / divisor,
  };
}

/** Points of `revenue_trend` by payments alone and with unpaid revenue (capped); the larger one counts. */
export function trendPoints(figures: Figures, parameters: ScoreParameters): { paid: number; all: number } {
  const all = allRevenue(figures, parameters);
  return {
    paid: pairPoints(figures.paid30, figures.paidBefore, parameters),
    all: Math.min(parameters.revenueTrend.unpaidCap, pairPoints(all.last, all.before, parameters)),
  };
}

function trendWord(figures: Figures, parameters: ScoreParameters): Trend {
  const { last, before } = allRevenue(figures, parameters);
  const { upTenths, downTenths } = parameters.revenueTrend;
  if (before === 0n) return "insufficient";
  if (10n * last > BigInt(upTenths) * before) return "up";
  return 10n * last < BigInt(downTenths) * before ? "down" : "stable";
}

function historyPoints(figures: Figures, parameters: ScoreParameters): number {
  const { daysPerPoint, backdatedCap } = parameters.history;
  const witnessed = Math.floor(figures.witnessedSpan / daysPerPoint);
  const dated = Math.floor(figures.datedSpan / daysPerPoint);
  return Math.min(parameters.max.history, witnessed + Math.min(backdatedCap, Math.max(0, dated - witnessed)));
}

/** The first second at which a flag set at `flaggedAt` no longer counts. */
export function flagEnd(flaggedAt: number, parameters: ScoreParameters): number {
  return flaggedAt + parameters.flag.days * SECONDS_PER_DAY;
}

/** The letter of a raw score that has passed the other gates. */
export function ratingOf(rawScore: number, parameters: ScoreParameters): Rating {
  return parameters.ratings.find((rating) => rawScore >= rating.from)?.mcr ?? "NR";
}

function gatesOf(
  standing: Standing,
  figures: Figures,
  rawScore: number,
  parameters: ScoreParameters,
): { mcr: Rating; status: Status } {
  const { minEvents, minDatedSpan } = parameters.gates;
  if (!standing.bonded) return { mcr: "NR", status: "unbonded" };
  if (figures.count < minEvents || figures.datedSpan < minDatedSpan) {
    return { mcr: "Provisioned", status: "provisioned" };
  }
  const mcr = ratingOf(rawScore, parameters);
  return { mcr, status: mcr === "NR" ? "below_threshold" : "rated" };
}

/**
 * Rates one machine at `input.asOf`. Factors, adjustment and raw score are always computed, whatever the gates say.
 * The order of events or rows never matters, and day rows give the same answer as the events they were built from.
 *
 * @throws RangeError when a time is not a safe integer of at least 0 or an override is outside 0 to 25.
 */
export function score(input: ScoreInput, parameters: ScoreParameters): ScoreResult {
  const { asOf, bonded, flaggedAt, override } = input;
  if (!Number.isSafeInteger(asOf) || asOf < 0) {
    throw new RangeError(`as_of must be whole Unix seconds of at least 0, got ${asOf}`);
  }
  if (
    override !== null &&
    !(Number.isSafeInteger(override) && override >= 0 && override <= parameters.max.trust)
  ) {
    throw new RangeError(
      `trust override must be a whole number from 0 to ${parameters.max.trust}, got ${override}`,
    );
  }
  const figures = figuresOf(input, parameters);
  const trend = trendPoints(figures, parameters);
  const points = {
    revenue_level: levelPoints(figures, parameters),
    revenue_trend: Math.max(trend.paid, trend.all),
    cadence: Math.min(parameters.max.cadence, figures.activeDays30),
    trust: override ?? figures.trustBeforeOverride,
    history: historyPoints(figures, parameters),
  };
  const flagged = flaggedAt !== null && asOf < flagEnd(flaggedAt, parameters);
  const penalty = flagged ? Math.min(parameters.flag.maxPenalty, points.trust) : 0;
  const rawScore =
    points.revenue_level + points.revenue_trend + points.cadence + points.trust + points.history - penalty;
  const standing = { bonded, flaggedAt, override };
  const { mcr, status } = gatesOf(standing, figures, rawScore, parameters);
  return {
    model: parameters.model,
    asOf,
    mcr,
    mcrScore: status === "rated" ? rawScore : 0,
    rawScore,
    status,
    trend: trendWord(figures, parameters),
    points,
    flagPoints: 0 - penalty,
    figures,
    standing,
  };
}
