import { RateLimitExceeded, ValueCapExceeded } from "../errors/validation.ts";
import type { EventTracker, OperationalLimits, SubmitEventParams } from "../types.ts";
import { checkId, checkUint } from "../validate/values.ts";

/**
 * Checks an event against the client's own caps; nothing is sent and no slot is taken.
 *
 * The cap refuses a value *above* it; the rate refuses once `count` has *reached* the maximum. A cap of 0 or less is
 * off, and so is a rate without a window or without a tracker.
 *
 * @param params the event's `machineId` and `value`.
 * @param limits the caps.
 * @param rateState events counted so far, or null when nothing is tracked.
 * @throws ValueCapExceeded, RateLimitExceeded; ValidationError for an id or value that is no integer.
 * @example
 * ```ts
 * import { checkOperationalLimits } from "@peaqos/peaq-os-sdk";
 * checkOperationalLimits({ machineId: 7, value: 1000 }, { maxValuePerTx: 1000 }, null);
 * ```
 */
export function checkOperationalLimits(
  params: Pick<SubmitEventParams, "machineId" | "value">,
  limits: OperationalLimits,
  rateState: EventTracker | null = null,
): void {
  const machineId = checkId("machineId", params.machineId);
  const value = checkUint("value", params.value);
  const cap = BigInt(limits.maxValuePerTx ?? 0);
  if (cap > 0n && value > cap) throw new ValueCapExceeded(value, cap);
  const maxEvents = limits.rateLimitMaxEvents ?? 0;
  const windowSeconds = limits.rateLimitWindowSeconds ?? 0;
  if (rateState === null || maxEvents <= 0 || windowSeconds <= 0) return;
  if (rateState.count >= maxEvents)
    throw new RateLimitExceeded(machineId, rateState.count, maxEvents, windowSeconds);
}

/**
 * Counts events per machine in a sliding window. In memory only: a new process starts at zero.
 *
 * Times are Unix seconds, rounded down. An entry counts while it is younger than the window: with a window of 60 s
 * an event of 940 no longer counts at 1000.
 */
export class EventRateTracker {
  readonly #times = new Map<bigint, number[]>();

  /** Takes a slot. */
  record(machineId: bigint, at: number): void {
    const times = this.#times.get(machineId);
    if (times === undefined) this.#times.set(machineId, [Math.floor(at)]);
    else times.push(Math.floor(at));
  }

  /** Gives a slot back; false when there is none of that time. */
  rollback(machineId: bigint, at: number): boolean {
    const times = this.#times.get(machineId);
    const index = times?.lastIndexOf(Math.floor(at)) ?? -1;
    if (times === undefined || index < 0) return false;
    times.splice(index, 1);
    return true;
  }

  /** Slots taken in the window that ends now; forgets the older ones. */
  count(machineId: bigint, now: number, windowSeconds: number): number {
    const start = Math.floor(now) - windowSeconds;
    const kept = (this.#times.get(machineId) ?? []).filter((at) => windowSeconds > 0 && at > start);
    if (kept.length === 0) this.#times.delete(machineId);
    else this.#times.set(machineId, kept);
    return kept.length;
  }
}

const trackers = new Map<string, EventRateTracker>();

/** The tracker all clients of this process share for one registry. */
export function sharedTracker(registryKey: string): EventRateTracker {
  let tracker = trackers.get(registryKey);
  if (tracker === undefined) {
    tracker = new EventRateTracker();
    trackers.set(registryKey, tracker);
  }
  return tracker;
}
