/** From what `GET /mcr/{did}/inputs` publishes to what the model takes, so that anyone can recompute a rating. */
import type { Cents, EvidenceClass, ScoreEvent, StandingHistory } from "./types.ts";

/** The fields of an input item that the model needs; integers as the JSON reader gives them. */
export type PublishedEvent = {
  readonly index: number;
  readonly event_type: number;
  readonly timestamp: Cents;
  readonly recorded_at: number;
  readonly scoring_usd: Cents | null;
  readonly trust_effective: number;
  readonly paid: boolean;
};

/** The fields of `machine` that the model needs. */
export type PublishedMachine = {
  readonly bonded_at: number | null;
  readonly flags: readonly { readonly at: number; readonly cleared_at: number | null }[];
  readonly overrides: readonly {
    readonly at: number;
    readonly value: number;
    readonly cleared_at: number | null;
  }[];
};

/** All pages of a machine's inputs, put together. */
export type PublishedInputs = {
  readonly machine: PublishedMachine;
  readonly items: readonly PublishedEvent[];
};

/**
 * Events and dated standing of published inputs.
 *
 * @example
 * const { events, standing } = fromInputs(inputs);
 * score({ asOf, basis: "known", events, ...standingAt(standing, asOf) }, MCR_1).rawScore;
 */
export function fromInputs(inputs: PublishedInputs): { events: ScoreEvent[]; standing: StandingHistory } {
  const { machine, items } = inputs;
  return {
    events: items.map((item) => ({
      index: item.index,
      eventType: item.event_type === 0 ? 0 : 1,
      timestamp: Number(item.timestamp),
      recordedAt: item.recorded_at,
      usdScoringCents: item.scoring_usd,
      cls: item.trust_effective as EvidenceClass,
      paid: item.paid,
    })),
    standing: {
      bondedAt: machine.bonded_at,
      flags: machine.flags.map(({ at, cleared_at }) => ({ at, clearedAt: cleared_at })),
      overrides: machine.overrides.map(({ at, value, cleared_at }) => ({ at, value, clearedAt: cleared_at })),
    },
  };
}
