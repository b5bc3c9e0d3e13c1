import type { Explain, History } from "@peaqos/protocol";
import { toWire } from "@peaqos/protocol";
import type { LoadedMachine, Reads } from "../db/read.ts";
import { readEvidenceCounts, readScoreEvents } from "../db/read-events.ts";
import { InvalidParameter } from "../routes/errors.ts";
import { explain } from "../score/explain.ts";
import { SECONDS_PER_DAY } from "../score/figures.ts";
import { historyTimes, scoreHistory } from "../score/history.ts";
import { MCR_1 } from "../score/parameters.ts";
import { standingAt } from "../score/standing.ts";
import type { Basis, ScoreInput } from "../score/types.ts";
import { headInput, standingHistory } from "./core.ts";

/** Why a rating is what it is, now or in the past, and how it came about. */

type Policy = "verified" | "claimed";

/** Now the day table is enough; the past needs the events. */
async function inputAt(loaded: LoadedMachine, asOf: number, basis: Basis, reads: Reads): Promise<ScoreInput> {
  if (asOf === loaded.head.time) return headInput(loaded);
  const events = await readScoreEvents(reads, loaded.machine.machineId);
  return { asOf, ...standingAt(standingHistory(loaded), asOf), events, basis };
}

const classes = ([self, onchain, hardware]: readonly [number, number, number]) => ({
  self,
  onchain,
  hardware,
});

export async function explainBody(
  did: string,
  loaded: LoadedMachine,
  query: { as_of?: number | undefined; basis: Basis },
  deps: { reads: Reads; trustPolicy: Policy },
): Promise<Explain> {
  const asOf = query.as_of ?? loaded.head.time;
  const { machineId } = loaded.machine;
  const [input, evidence] = await Promise.all([
    inputAt(loaded, asOf, query.basis, deps.reads),
    readEvidenceCounts(deps.reads, machineId, asOf, query.basis),
  ]);
  const { result, explanation } = explain(input, MCR_1);
  const wire = (value: number | bigint | null) => (typeof value === "bigint" ? toWire(value) : value);
  return {
    did,
    machine_id: toWire(machineId),
    model: result.model,
    trust_policy: deps.trustPolicy,
    as_of: asOf,
    basis: query.basis,
    block_number: loaded.head.number,
    mcr: result.mcr,
    mcr_score: result.mcrScore,
    raw_score: result.rawScore,
    status: result.status,
    gates: [...explanation.gates],
    factors: explanation.factors.map((factor) => ({
      ...factor,
      inputs: Object.fromEntries(Object.entries(factor.inputs).map(([name, value]) => [name, wire(value)])),
    })),
    adjustments: [...explanation.adjustments],
    improvements: [...explanation.improvements],
    evidence: {
      claimed: classes(evidence.claimed),
      effective: classes(evidence.effective),
      paid: evidence.paid,
      downgraded: evidence.downgraded as Explain["evidence"]["downgraded"],
    },
    degraded: {
      count: evidence.degraded,
      sources: evidence.degradedSources as Explain["degraded"]["sources"],
    },
  };
}

type HistoryQuery = {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly step: number;
  readonly basis: Basis;
};

/** Days shown when the caller names no time. */
const shownDays = 90;

/** @throws InvalidParameter when the times do not fit together. */
function timesOf(query: HistoryQuery, headTime: number): number[] {
  const to = query.to ?? headTime;
  const from = query.from ?? Math.max(0, to - (shownDays - 1) * SECONDS_PER_DAY);
  try {
    return historyTimes(from, to, query.step);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidParameter(to < from ? "to" : "step", "value_error", error.message);
  }
}

export async function historyBody(
  did: string,
  loaded: LoadedMachine,
  query: HistoryQuery,
  deps: { reads: Reads; trustPolicy: Policy },
): Promise<History> {
  const times = timesOf(query, loaded.head.time);
  const events = await readScoreEvents(deps.reads, loaded.machine.machineId);
  const standing = standingHistory(loaded);
  const results = scoreHistory({ events, standing, basis: query.basis }, times, MCR_1);
  return {
    did,
    machine_id: toWire(loaded.machine.machineId),
    basis: query.basis,
    trust_policy: deps.trustPolicy,
    items: results.map((result) => ({
      as_of: result.asOf,
      model: result.model,
      mcr: result.mcr,
      mcr_score: result.mcrScore,
      raw_score: result.rawScore,
      factors: { ...result.points },
    })),
  };
}
