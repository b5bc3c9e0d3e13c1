import { shapeOf } from "../../chain/gas.ts";
import type { RegistryInfo } from "../../chain/registry.ts";
import { encodeSubmitEvent, eventDataHash } from "../../codec/events.ts";
import type { ClientContext } from "../../context.ts";
import { RpcError } from "../../errors/runtime.ts";
import { checkOperationalLimits } from "../../limits/limits.ts";
import type { Hex, SubmitEventParams } from "../../types.ts";
import { type CheckedEvent, checkEvent, type EventRules } from "../../validate/event.ts";

/** An event that is ready to be sent. */
export type PreparedEvent = {
  readonly event: CheckedEvent;
  readonly dataHash: Hex;
  readonly data: Hex;
};

/** Rules that follow from the deployment: the connected chain is a source too, and so are configured satellites. */
export async function rulesOf(client: ClientContext, registry: RegistryInfo): Promise<EventRules> {
  return {
    sourceChainIds: [await client.chain.chainId(), ...client.chain.options.sourceChainIds],
    maxMetadataBytes: registry.maxMetadataBytes,
  };
}

/** Checks, hashes and encodes one event. */
export function prepareEvent(
  params: SubmitEventParams,
  rules: EventRules,
  registry: RegistryInfo,
): PreparedEvent {
  const event = checkEvent(params, rules);
  const dataHash = eventDataHash(event);
  return { event, dataHash, data: encodeSubmitEvent(event, dataHash, registry.version) };
}

/**
 * Refuses an event that the chain would: its time is after the chain's own clock (not this computer's).
 * @throws RpcError `FutureTimestamp`.
 */
export async function refuseFuture(client: ClientContext, event: CheckedEvent): Promise<void> {
  if (await client.chain.heads.isPast(event.timestamp)) return;
  const now = await client.chain.heads.time();
  const ahead = event.timestamp - now;
  if (ahead <= 0n) return;
  const milliseconds = event.timestamp > now * 100n;
  throw new RpcError(
    `The event's timestamp ${event.timestamp} is ${ahead} s ahead of the chain's clock (${now}).`,
    {
      code: "FutureTimestamp",
      args: [event.timestamp, now],
      retryable: !milliseconds && ahead < 120n,
      hint: milliseconds
        ? "It looks like milliseconds: the unit is seconds."
        : "Use chainTime() or an earlier time; local clocks run ahead.",
    },
  );
}

/** Slots taken in the client's own rate window; `giveBack` returns them when nothing was submitted. */
export type TakenSlots = { giveBack(): void };

/**
 * Checks the client's own caps for all events and takes their slots at once: either all or none.
 * @throws ValueCapExceeded, RateLimitExceeded.
 */
export function takeSlots(client: ClientContext, events: readonly CheckedEvent[]): TakenSlots {
  const limits = client.operationalLimits;
  const windowSeconds = limits.rateLimitWindowSeconds ?? 0;
  const counting = (limits.rateLimitMaxEvents ?? 0) > 0 && windowSeconds > 0;
  const now = Math.floor(client.chain.options.now() / 1000);
  const taken: bigint[] = [];
  const giveBack = () => {
    for (const machineId of taken.splice(0)) client.tracker.rollback(machineId, now);
  };
  try {
    for (const event of events) {
      const state = counting
        ? {
            machineId: event.machineId,
            count: client.tracker.count(event.machineId, now, windowSeconds),
            windowStart: now - windowSeconds,
          }
        : null;
      checkOperationalLimits(event, limits, state);
      if (!counting) continue;
      client.tracker.record(event.machineId, now);
      taken.push(event.machineId);
    }
  } catch (error) {
    giveBack();
    throw error;
  }
  return { giveBack };
}

/** A replaced transaction is as good as gone, but only its hash can prove it. */
const unsettled: ReadonlySet<string> = new Set(["RECEIPT_AWAIT_FAILED", "TX_REPLACED"]);

/** True when a failure means that the event is not on the chain: its slot can be given back. */
export function surelyNotSubmitted(error: unknown): boolean {
  return !(error instanceof RpcError && unsettled.has(error.code));
}

/** Key under which events of one machine share their gas estimate. */
export function eventShape(client: ClientContext, prepared: PreparedEvent): string {
  return shapeOf(client.contracts.eventRegistry, prepared.data, String(prepared.event.machineId));
}
