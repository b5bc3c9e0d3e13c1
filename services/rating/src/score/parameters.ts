import type { FactorId, Rating } from "./types.ts";

/** Every number of the rating model. A change of any of them is a new version with its own name. */
export type ScoreParameters = {
  readonly model: string;
  readonly gates: { readonly minEvents: number; readonly minDatedSpan: number };
  /** Best first: a raw score at or above `from` gets `mcr`. Below the last one: `NR`. */
  readonly ratings: readonly { readonly mcr: Rating; readonly from: number }[];
  readonly max: Readonly<Record<FactorId, number>>;
  readonly revenueLevel: {
    readonly windowDays: number;
    /** Unpaid cents count one in this many, up to `unpaidCap` cents. */
    readonly unpaidDivisor: number;
    readonly unpaidCap: number;
    /** Points between two knots are interpolated and rounded down; above the last knot its points. */
    readonly knots: readonly { readonly cents: number; readonly points: number }[];
  };
  readonly revenueTrend: {
    readonly windowDays: number;
    readonly unpaidDivisor: number;
    /** Most that revenue without payments can earn. */
    readonly unpaidCap: number;
    readonly steadyPoints: number;
    readonly growthPoints: number;
    /** The word: up above 11/10, down below 9/10; up to 11/10 also earns the steady points only. */
    readonly upTenths: number;
    readonly downTenths: number;
  };
  readonly cadence: { readonly windowDays: number };
  readonly trust: {
    readonly windowDays: number;
    readonly hardwareDay: number;
    readonly onchainDay: number;
    readonly selfDay: number;
    readonly hardwareCap: number;
    readonly onchainCap: number;
    readonly selfCap: number;
    readonly unitsPerPoint: number;
    readonly yearDays: number;
    readonly yearBonus: number;
    readonly yearCap: number;
  };
  readonly history: { readonly daysPerPoint: number; readonly backdatedCap: number };
  readonly flag: { readonly days: number; readonly maxPenalty: number };
};

/** The rating model `mcr-1`. The numbers are this project's choice; docs/rating.md explains each. */
export const MCR_1: ScoreParameters = {
  model: "mcr-1",
  gates: { minEvents: 5, minDatedSpan: 7 },
  ratings: [
    { mcr: "AAA", from: 95 },
    { mcr: "AA", from: 85 },
    { mcr: "A", from: 75 },
    { mcr: "BBB", from: 60 },
    { mcr: "BB", from: 45 },
    { mcr: "B", from: 30 },
  ],
  max: { revenue_level: 30, revenue_trend: 10, cadence: 20, trust: 25, history: 15 },
  revenueLevel: {
    windowDays: 90,
    unpaidDivisor: 4,
    unpaidCap: 1000,
    knots: [
      { cents: 0, points: 0 },
      { cents: 100, points: 2 },
      { cents: 1_000, points: 6 },
      { cents: 10_000, points: 12 },
      { cents: 100_000, points: 20 },
      { cents: 1_000_000, points: 27 },
      { cents: 3_000_000, points: 30 },
    ],
  },
  revenueTrend: {
    windowDays: 30,
    unpaidDivisor: 4,
    unpaidCap: 3,
    steadyPoints: 6,
    growthPoints: 4,
    upTenths: 11,
    downTenths: 9,
  },
  cadence: { windowDays: 30 },
  trust: {
    windowDays: 90,
    hardwareDay: 50,
    onchainDay: 30,
    selfDay: 6,
    hardwareCap: 1500,
    onchainCap: 1080,
    selfCap: 300,
    unitsPerPoint: 60,
    yearDays: 365,
    yearBonus: 3,
    yearCap: 8,
  },
  history: { daysPerPoint: 24, backdatedCap: 5 },
  flag: { days: 180, maxPenalty: 15 },
};
