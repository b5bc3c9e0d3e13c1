import type { Standing, StandingHistory } from "./types.ts";

/** Of a dated list the entry that decides at `asOf`: the latest one set by then, unless it was cleared by then. */
function inForce<T extends { readonly at: number; readonly clearedAt: number | null }>(
  entries: readonly T[],
  asOf: number,
): T | null {
  let latest: T | null = null;
  for (const entry of entries)
    if (entry.at <= asOf && (latest === null || entry.at >= latest.at)) latest = entry;
  return latest !== null && (latest.clearedAt === null || latest.clearedAt > asOf) ? latest : null;
}

/**
 * Bond, flag and override as they stood at `asOf`: each applies only from the time it was set. Setting one again replaces the
 * earlier one, as on the contract, so the latest entry decides.
 */
export function standingAt(history: StandingHistory, asOf: number): Standing {
  return {
    bonded: history.bondedAt !== null && history.bondedAt <= asOf,
    flaggedAt: inForce(history.flags, asOf)?.at ?? null,
    override: inForce(history.overrides, asOf)?.value ?? null,
  };
}
