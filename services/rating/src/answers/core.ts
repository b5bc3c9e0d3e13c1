import type { Mcr } from "@peaqos/protocol";
import { toWire } from "@peaqos/protocol";
import type { LoadedMachine } from "../db/read.ts";
import { SECONDS_PER_DAY } from "../score/figures.ts";
import { MCR_1 } from "../score/parameters.ts";
import { flagEnd, score } from "../score/score.ts";
import { standingAt } from "../score/standing.ts";
import type { DayHistory, ScoreInput, ScoreResult, Standing, StandingHistory } from "../score/types.ts";

/** The rating of a machine as of the head block, and until when it stays what it is. */

export type RatedMachine = {
  readonly loaded: LoadedMachine;
  readonly result: ScoreResult;
  readonly negativeFlag: boolean;
  /** First second of chain time at which time alone may change the answer. */
  readonly validUntil: number;
};

export function standingHistory(loaded: LoadedMachine): StandingHistory {
  const { bondedAt, flags, overrides } = loaded.machine;
  return { bondedAt, flags, overrides };
}

/** Input of the score for the head. */
export function headInput(loaded: LoadedMachine): ScoreInput & Standing & DayHistory {
  const asOf = loaded.head.time;
  return { asOf, ...standingAt(standingHistory(loaded), asOf), days: loaded.days, totals: loaded.totals };
}

/** 2020-01-01: an older flag time is nonsense. */
const earliestFlag = 1_577_836_800;

/** The published rule: the flag's time lies between 2020 and a day from now. It stays set after the penalty ends. */
function isPlausibleFlag(flaggedAt: number | null, asOf: number): boolean {
  return flaggedAt !== null && flaggedAt >= earliestFlag && flaggedAt <= asOf + SECONDS_PER_DAY;
}

export function rate(loaded: LoadedMachine): RatedMachine {
  const asOf = loaded.head.time;
  const input = headInput(loaded);
  const midnight = (Math.floor(asOf / SECONDS_PER_DAY) + 1) * SECONDS_PER_DAY;
  const flagEnds = input.flaggedAt === null ? midnight : flagEnd(input.flaggedAt, MCR_1);
  return {
    loaded,
    result: score(input, MCR_1),
    negativeFlag: isPlausibleFlag(input.flaggedAt, asOf),
    validUntil: flagEnds > asOf ? Math.min(midnight, flagEnds) : midnight,
  };
}

/** `GET /mcr/{did}` but for the DID, which is the caller's spelling. */
export function mcrBody(rated: RatedMachine, trustPolicy: "verified" | "claimed"): Omit<Mcr, "did"> {
  const { loaded, result } = rated;
  const { counts, machine } = loaded;
  return {
    machine_id: toWire(machine.machineId),
    mcr_score: result.mcrScore,
    mcr: result.mcr,
    mcr_degraded: counts.degraded > 0,
    bond_status: bondStatus(rated),
    negative_flag: rated.negativeFlag,
    event_count: counts.events,
    revenue_event_count: counts.revenueEvents,
    activity_event_count: counts.events - counts.revenueEvents,
    revenue_trend: result.trend,
    total_revenue: toWire(counts.usdCents),
    average_revenue_per_event:
      counts.usdEvents === 0 ? 0 : toWire(counts.usdCents / BigInt(counts.usdEvents)),
    last_updated: counts.newestAt,
    ...(trustPolicy === "claimed" ? { trust_policy: trustPolicy } : {}),
  };
}

export function bondStatus(rated: RatedMachine): "bonded" | "unbonded" {
  return rated.loaded.machine.bondedAt === null ? "unbonded" : "bonded";
}
