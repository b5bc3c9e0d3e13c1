import { encodeBatchAll } from "../../codec/events.ts";
import { BATCH_MAX_CALLS } from "../../constants.ts";
import type { ClientContext } from "../../context.ts";
import { ValidationError } from "../../errors/validation.ts";
import type { Hex, SubmitEventParams } from "../../types.ts";
import { prepareEvent, refuseFuture, rulesOf, surelyNotSubmitted, takeSlots } from "./prepare.ts";

/**
 * Submits several events in one transaction of the batch precompile: all are stored or none.
 *
 * @param events 1 to 512 events; each one names its `currency` (`""` on activity).
 * @returns one transaction hash for each event, in their order, all equal.
 * @throws ValidationError (`events`, or the first bad field of the first bad event); ValueCapExceeded,
 * RateLimitExceeded; RpcError with the name of the first event's error that the chain refuses.
 * @example
 * ```ts
 * import { batchSubmitEvents, chainTime, registerMachine } from "@peaqos/peaq-os-sdk/actions";
 * const machineId = await registerMachine(client);
 * const timestamp = await chainTime(client);
 * const hashes = await batchSubmitEvents(client, [
 *   { machineId, eventType: 0, value: 1250, currency: "USD", timestamp },
 *   { machineId, eventType: 1, value: 1, currency: "", timestamp },
 * ]);
 * hashes.length; // 2
 * ```
 */
export async function batchSubmitEvents(
  client: ClientContext,
  events: readonly SubmitEventParams[],
): Promise<Hex[]> {
  if (!Array.isArray(events) || events.length === 0)
    throw new ValidationError("events", "a non-empty list", events);
  if (events.length > BATCH_MAX_CALLS)
    throw new ValidationError("events", `at most ${BATCH_MAX_CALLS} in one transaction`, events, {
      hint: "submitEvents(events) splits a longer list by itself.",
    });
  const registry = await client.chain.registry();
  const rules = { ...(await rulesOf(client, registry)), currencyRequired: true };
  const prepared = events.map((event) => prepareEvent(event, rules, registry));
  const slots = takeSlots(
    client,
    prepared.map(({ event }) => event),
  );
  try {
    for (const { event } of prepared) await refuseFuture(client, event);
    const receipt = await client.chain.sender.send({
      to: await client.chain.demandContract("batchPrecompile"),
      data: encodeBatchAll(
        client.contracts.eventRegistry,
        prepared.map(({ data }) => data),
      ),
      touchesPrecompile: true,
      doing: `submit ${events.length} events`,
    });
    return events.map(() => receipt.txHash);
  } catch (error) {
    if (surelyNotSubmitted(error)) slots.giveBack();
    throw error;
  }
}
