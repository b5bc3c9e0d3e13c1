import { type Database, guarded, isDatabaseDown } from "@peaqos/service-kit";
import { type Batcher, createBatcher, type Settled } from "../kit/batcher.ts";
import type { Clock } from "../kit/clock.ts";
import type { JobOutcome } from "./jobs.ts";
import { type Job, postpone, writeResults } from "./store.ts";

/** What runs of jobs came to, written together where they end together. */

type End = { readonly job: Job; readonly outcome: JobOutcome };

/** In one statement at most: their ids fit into one notification. */
const maxEnds = 300;

export function createEnds(deps: {
  readonly database: Database<unknown>;
  readonly clock: Clock;
  readonly channel: string;
  /** Runs one thing at a time. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}): Batcher<End, undefined> {
  const { database, clock, channel, inTurn } = deps;

  function writeEnds(list: readonly End[]): Promise<unknown> {
    const done = list.flatMap(({ job, outcome }) =>
      "done" in outcome ? [{ id: job.id, result: outcome.done }] : [],
    );
    const again = list.flatMap(({ job, outcome }) =>
      "again" in outcome ? [{ id: job.id, attempts: job.attempts, at: outcome.again }] : [],
    );
    return guarded(() =>
      Promise.all([
        done.length > 0 ? writeResults(database.pool, done, clock.now(), channel) : undefined,
        again.length > 0 ? postpone(database.pool, again) : undefined,
      ]),
    );
  }

  return createBatcher<End, undefined>({
    max: maxEnds,
    concurrency: 1,
    run: (list) =>
      inTurn(async () => {
        const written = { value: undefined };
        try {
          await writeEnds(list);
          return list.map(() => written);
        } catch (error) {
          if (isDatabaseDown(error) || list.length === 1) throw error;
        }
        // One that cannot be kept fails no other.
        const outcomes: Settled<undefined>[] = [];
        for (const each of list)
          outcomes.push(
            await writeEnds([each]).then(
              () => written,
              (error: unknown) => ({ error }),
            ),
          );
        return outcomes;
      }),
  });
}
