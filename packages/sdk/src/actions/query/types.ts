import type { Hex } from "../../types.ts";

/** Letters of the Machine Credit Rating. */
export type Rating = "AAA" | "AA" | "A" | "BBB" | "BB" | "B" | "NR" | "Provisioned";
export type BondWord = "bonded" | "unbonded";
export type RevenueTrend = "up" | "stable" | "down" | "insufficient";
export type TrustPolicy = "verified" | "claimed";
/** Which events an answer about the past counts: recorded by then, or dated by then. */
export type Basis = "known" | "dated";

/** A machine's rating. */
export type MCRResponse = {
  readonly did: string;
  readonly machineId: bigint;
  /** 0 to 100; 0 for Provisioned and NR. */
  readonly mcrScore: number;
  readonly mcr: Rating;
  readonly bondStatus: BondWord;
  readonly negativeFlag: boolean;
  readonly eventCount: number;
  readonly revenueEventCount: number;
  readonly activityEventCount: number;
  readonly revenueTrend: RevenueTrend;
  /** US cents; a bigint beyond 2^53. */
  readonly totalRevenue: number | bigint;
  /** US cents; a bigint beyond 2^53. */
  readonly averageRevenuePerEvent: number | bigint;
  /** Unix seconds of the newest event, null without one. */
  readonly lastUpdated: number | null;
  /** True when a scored event used a stale or missing exchange rate. */
  readonly mcrDegraded: boolean;
  /** `claimed` where the service takes trust claims at their word. Ours. */
  readonly trustPolicy?: "claimed";
};

/** One event in a machine's profile. */
export type EventEntry = {
  /** 0 revenue, 1 activity. */
  readonly eventType: 0 | 1;
  /** Smallest unit of the origin currency. */
  readonly originValue: bigint;
  /** Unix seconds. */
  readonly timestamp: bigint;
  readonly trustLevel: number;
  readonly metadata: Record<string, unknown>;
  /** Revenue only, as the next four. */
  readonly originCurrency?: string;
  /** US cents. */
  readonly usdValue?: bigint | null;
  /** Divisor of the origin currency: 100, 1, 1000. */
  readonly originSubunit?: number | null;
  readonly usdSubunit?: 100;
  readonly amountStatus?: "ok" | "unsupported_currency" | "fx_unavailable";
};

/** What a profile says about the machine. Fields marked optional depend on its visibility. */
export type PeaqosData = {
  readonly machineId: bigint;
  readonly did: string;
  readonly operator: string | null;
  readonly mcr: Rating;
  readonly mcrScore: number;
  readonly bondStatus: BondWord;
  readonly negativeFlag: boolean;
  readonly eventCount: number;
  readonly dataVisibility: string;
  readonly documentationUrl: string | null;
  readonly dataApi?: string;
  readonly eventData?: readonly EventEntry[];
  readonly partnerData?: Record<string, unknown>;
  readonly partnerDataError?: string;
};

/** A machine's profile (NFT metadata JSON v1.0). */
export type MachineProfile = {
  readonly schemaVersion: string;
  readonly name: string;
  readonly peaqos: PeaqosData;
};

/** One machine of a fleet. */
export type OperatorMachine = {
  readonly did: string;
  readonly machineId: bigint;
  readonly mcrScore: number;
  readonly mcr: Rating;
  readonly negativeFlag: boolean;
};

export type Pagination = { readonly offset: number; readonly limit: number; readonly total: number };

/** One page of a fleet. */
export type OperatorMachinesResponse = {
  readonly operatorDid: string;
  readonly machines: readonly OperatorMachine[];
  readonly pagination: Pagination;
};

export type TrustCounts = { readonly self: number; readonly onchain: number; readonly hardware: number };

/** Why a rating is what it is; the points add up to `rawScore`. Ours. */
export type MCRExplanation = {
  readonly did: string;
  readonly machineId: bigint;
  readonly model: string;
  readonly trustPolicy: TrustPolicy;
  /** Unix seconds. */
  readonly asOf: number;
  readonly basis: Basis;
  readonly blockNumber: bigint;
  readonly mcr: Rating;
  readonly mcrScore: number;
  readonly rawScore: number;
  readonly status: "rated" | "provisioned" | "unbonded" | "below_threshold";
  readonly gates: readonly { id: string; passed: boolean; value: number | bigint; needed: number | bigint }[];
  readonly factors: readonly {
    id: string;
    points: number;
    max: number;
    /** Names as the service spells them. */
    inputs: Record<string, number | bigint | null>;
    reason: string;
  }[];
  readonly adjustments: readonly { id: string; points: number; until: number; reason: string }[];
  readonly improvements: readonly { id: string; action: string; pointsGain: number; reaches: Rating }[];
  readonly evidence: {
    readonly claimed: TrustCounts;
    readonly effective: TrustCounts;
    readonly paid: number;
    readonly downgraded: readonly { reason: string; count: number }[];
  };
  readonly degraded: { readonly count: number; readonly sources: readonly string[] };
};

/** A rating over time. Ours. */
export type MCRHistory = {
  readonly did: string;
  readonly machineId: bigint;
  readonly basis: Basis;
  readonly trustPolicy: TrustPolicy;
  readonly items: readonly {
    asOf: number;
    model: string;
    mcr: Rating;
    mcrScore: number;
    rawScore: number;
    /** Points by factor id, as the service spells the ids. */
    factors: Record<string, number>;
  }[];
};

/** One event as the rating counted it. Ours. */
export type MCRInput = {
  readonly index: number;
  readonly blockNumber: bigint;
  readonly recordedAt: number;
  readonly txHash: Hex;
  readonly eventType: 0 | 1;
  readonly timestamp: bigint;
  readonly value: bigint;
  readonly currency: string;
  /** US cents. */
  readonly usd: bigint | null;
  readonly usdSource: string | null;
  /** US cents that count; null for activity. */
  readonly scoringUsd: bigint | null;
  readonly trustClaimed: number;
  readonly trustEffective: number;
  readonly trustReason: string | null;
  readonly paid: boolean;
  readonly sourceChainId: bigint;
  readonly sourceTxHash: Hex;
  readonly dataHash: Hex;
};

/** Everything a rating follows from, one page of it. Ours. */
export type MCRInputs = {
  readonly machine: {
    readonly machineId: bigint;
    readonly bondedAt: number | null;
    readonly flags: readonly { at: number; clearedAt: number | null }[];
    readonly overrides: readonly { at: number; value: number; clearedAt: number | null }[];
  };
  readonly items: readonly MCRInput[];
  /** Present while there is more. */
  readonly nextCursor?: string;
};
