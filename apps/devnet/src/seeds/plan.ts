import { seedMachines } from "./machines.ts";
import type { SeedPlan } from "./types.ts";

/**
 * What a devnet first started at `now` (Unix seconds) is seeded with. Pure: no clock, no randomness, no chain.
 * The oldest block lies less than 13 months before `now`, and there are fewer than 100 of them.
 */
export function seedPlan(now: number): SeedPlan {
  const machines = seedMachines(now);
  const days = new Set(machines.flatMap((machine) => machine.events.map((event) => event.daysAgo)));
  return { now, machines, reportDays: [...days].sort((a, b) => b - a) };
}
