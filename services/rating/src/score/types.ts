/**
 * Inputs and results of the rating model `mcr-1`.
 *
 * Times are Unix seconds, days are `floor(seconds / 86400)` (UTC), money is whole US cents.
 * Objects that the API passes on as they are (`Gate`, `Factor`, `Adjustment`, `Improvement`) use its snake case names.
 */

/** 0 self-reported, 1 shown on a chain, 2 signed by attested hardware: what the evidence stage found, not what was claimed. */
export type EvidenceClass = 0 | 1 | 2;

/** Whole US cents. A `number` must be a safe integer (it is the fast form); anything larger comes as `bigint`. */
export type Cents = number | bigint;

/**
 * How an answer about the past chooses its events.
 * `known`: recorded on the chain by `asOf`. `dated`: everything known today with `timestamp <= asOf`.
 */
export type Basis = "known" | "dated";

/** One event as the score sees it: the evidence stage and the exchange rates have spoken before. */
export type ScoreEvent = {
  /** Position in the machine's list on the registry. The score does not depend on it. */
  readonly index: number;
  /** 0 revenue, 1 activity (`EventRegistry`). */
  readonly eventType: 0 | 1;
  /** When it happened, as the submitter says. */
  readonly timestamp: number;
  /** Time of the block that recorded it. */
  readonly recordedAt: number;
  /** The scoring amount of a revenue event (0 when it has no dollar amount); `null` for an activity event. */
  readonly usdScoringCents: Cents | null;
  readonly cls: EvidenceClass;
  /** A payment from a stranger backs it. The evidence stage never marks an event of class 0 as paid. */
  readonly paid: boolean;
};

/** All qualifying events of one machine on one day: the row kept per machine and day. */
export type DayRow = {
  readonly day: number;
  /** The highest class among the day's qualifying events. */
  readonly cls: EvidenceClass;
  readonly paidCents: Cents;
  readonly unpaidCents: Cents;
  /** Qualifying events of the day. */
  readonly count: number;
  /** First and last day on which the chain recorded one of them. */
  readonly firstRecordedDay: number;
  readonly lastRecordedDay: number;
};

/** What the day rows of a machine's whole life add up to. All days are 0 when `count` is 0. */
export type DayTotals = {
  /** Qualifying events. */
  readonly count: number;
  readonly firstDay: number;
  readonly lastDay: number;
  readonly firstRecordedDay: number;
  readonly lastRecordedDay: number;
};

/** The machine's standing at `asOf`: `standingAt` makes it from the dated lists that `/inputs` publishes. */
export type Standing = {
  readonly bonded: boolean;
  /** Time of the flag that is set at `asOf` (`AdminFlags.flaggedAt`), `null` when none is. It ends by itself after 180 days. */
  readonly flaggedAt: number | null;
  /** Trust override that is set at `asOf`, 0 to 25, `null` when none is. */
  readonly override: number | null;
};

/** History for an answer about the head: one indexed read. */
export type DayHistory = {
  /** At least every row of the last 90 days up to d(asOf), in any order; older rows are ignored. */
  readonly days: readonly DayRow[];
  readonly totals: DayTotals;
};

/** History for an answer about any time: all events of the machine, in any order. */
export type EventHistory = {
  readonly events: readonly ScoreEvent[];
  readonly basis: Basis;
};

export type ScoreInput = Standing & { readonly asOf: number } & (DayHistory | EventHistory);

export type Rating = "AAA" | "AA" | "A" | "BBB" | "BB" | "B" | "NR" | "Provisioned";
export type Status = "rated" | "provisioned" | "unbonded" | "below_threshold";
export type Trend = "up" | "stable" | "down" | "insufficient";
export type FactorId = "revenue_level" | "revenue_trend" | "cadence" | "trust" | "history";

/** Everything the points are made of, so that an explanation needs no second computation. Cents are exact. */
export type Figures = {
  /** Qualifying events. */
  readonly count: number;
  /** Days between the first and the last qualifying event, by their own dates. */
  readonly datedSpan: number;
  /** Days between the recording of the first and the last qualifying event. */
  readonly witnessedSpan: number;
  /** Paid and unpaid cents of the last 90 days. */
  readonly paid90: bigint;
  readonly unpaid90: bigint;
  /** The same for the last 30 days and the 30 before. */
  readonly paid30: bigint;
  readonly unpaid30: bigint;
  readonly paidBefore: bigint;
  readonly unpaidBefore: bigint;
  /** Active days of the last 30 days. */
  readonly activeDays30: number;
  /** Active days of the last 90 days by class. */
  readonly hardwareDays: number;
  readonly onchainDays: number;
  readonly selfDays: number;
  /** Points of `trust` before an override. */
  readonly trustBeforeOverride: number;
};

export type ScoreResult = {
  /** Version of the parameters, `mcr-1`. */
  readonly model: string;
  readonly asOf: number;
  readonly mcr: Rating;
  /** What the API shows as `mcr_score`: `rawScore` when rated, else 0. */
  readonly mcrScore: number;
  readonly rawScore: number;
  readonly status: Status;
  readonly trend: Trend;
  readonly points: Readonly<Record<FactorId, number>>;
  /** Points of the adjustment `negative_flag`, 0 or below. */
  readonly flagPoints: number;
  readonly figures: Figures;
  readonly standing: Standing;
};

/** `gates[]` of `/explain`. `value` and `needed` are integers; a bond is 0 or 1. */
export type Gate = {
  readonly id: "bond" | "event_count" | "dated_span" | "raw_score";
  readonly passed: boolean;
  readonly value: number;
  readonly needed: number;
};

/** `factors[]` of `/explain`. `inputs` holds the figures the points follow from, integers only. */
export type Factor = {
  readonly id: FactorId;
  readonly points: number;
  readonly max: number;
  readonly inputs: Readonly<Record<string, number | bigint | null>>;
  readonly reason: string;
};

/** `adjustments[]` of `/explain`; present while the flag counts. */
export type Adjustment = {
  readonly id: "negative_flag";
  readonly points: number;
  /** First second at which it no longer counts. */
  readonly until: number;
  readonly reason: string;
};

/** `improvements[]` of `/explain`, computed by applying the action and scoring again. */
export type Improvement = {
  readonly id: string;
  /** One plain sentence: what to do. */
  readonly action: string;
  /** Raw points more than now. */
  readonly points_gain: number;
  /** The rating it leads to. */
  readonly reaches: Rating;
};

/** The part of `/explain` that follows from the score alone. */
export type Explanation = {
  readonly gates: readonly Gate[];
  readonly factors: readonly Factor[];
  readonly adjustments: readonly Adjustment[];
  readonly improvements: readonly Improvement[];
};

/** Dated lists as `/mcr/{did}/inputs` publishes them. */
export type StandingHistory = {
  readonly bondedAt: number | null;
  readonly flags: readonly { readonly at: number; readonly clearedAt: number | null }[];
  readonly overrides: readonly {
    readonly at: number;
    readonly value: number;
    readonly clearedAt: number | null;
  }[];
};
