/** A machine's rating over time, each point by the same function. */

import { DayTable } from "./days.ts";
import { dayOf, SECONDS_PER_DAY } from "./figures.ts";
import type { ScoreParameters } from "./parameters.ts";
import { score } from "./score.ts";
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

/**
 * Scores one machine at each of the given times. `events` and `times` in any order; results in the order of the times.
 * Goes through the events once, whatever the number of times.
 */
export function scoreHistory(
  machine: {
    readonly events: readonly ScoreEvent[];
    readonly standing: StandingHistory;
    readonly basis: Basis;
  },
  times: readonly number[],
  parameters: ScoreParameters,
): ScoreResult[] {
  // From when on an answer knows an event: both its date and, if asked so, its recording must lie in the past.
  const since = (event: ScoreEvent): number =>
    machine.basis === "dated" ? event.timestamp : Math.max(event.timestamp, event.recordedAt);
  const events = machine.events
    .map((event) => ({ event, since: since(event) }))
    .sort((a, b) => a.since - b.since);
  const table = new DayTable();
  const windowDays = Math.max(parameters.revenueLevel.windowDays, parameters.trust.windowDays);
  const results: ScoreResult[] = new Array(times.length);
  let next = 0;
  for (const { asOf, at } of times.map((asOf, at) => ({ asOf, at })).sort((a, b) => a.asOf - b.asOf)) {
    for (; next < events.length && events[next]!.since <= asOf; next += 1) table.add(events[next]!.event);
    const history = table.recent(dayOf(asOf), windowDays);
    results[at] = score({ asOf, ...history, ...standingAt(machine.standing, asOf) }, parameters);
  }
  return results;
}
