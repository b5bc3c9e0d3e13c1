/** A machine's rating over time, each point by the same function. */
import type { ScoreParameters } from "./parameters.ts";
import { SECONDS_PER_DAY, score } from "./score.ts";
import { standingAt } from "./standing.ts";
import type { Basis, ScoreEvent, ScoreResult, StandingHistory } from "./types.ts";

/** Most items one answer holds. */
export const MAX_HISTORY_ITEMS = 400;

/**
 * The times of a history answer: `from`, `from + step`, ... up to `to`.
 *
 * @throws RangeError when `step` is under a day, `to` lies before `from`, or there would be more than 400 items.
 */
export function historyTimes(from: number, to: number, step: number): number[] {
  if (step < SECONDS_PER_DAY)
    throw new RangeError(`step must be at least ${SECONDS_PER_DAY} seconds, got ${step}`);
  if (to < from) throw new RangeError(`to (${to}) lies before from (${from})`);
  const items = Math.floor((to - from) / step) + 1;
  if (items > MAX_HISTORY_ITEMS) {
    throw new RangeError(
      `${items} items from ${from} to ${to} by ${step} seconds, at most ${MAX_HISTORY_ITEMS}: take a larger step or a shorter time`,
    );
  }
  return Array.from({ length: items }, (_, i) => from + i * step);
}

/** Scores one machine at each of the given times. `events` in any order. */
export function scoreHistory(
  machine: {
    readonly events: readonly ScoreEvent[];
    readonly standing: StandingHistory;
    readonly basis: Basis;
  },
  times: readonly number[],
  parameters: ScoreParameters,
): ScoreResult[] {
  const { events, basis } = machine;
  return times.map((asOf) =>
    score({ asOf, events, basis, ...standingAt(machine.standing, asOf) }, parameters),
  );
}
