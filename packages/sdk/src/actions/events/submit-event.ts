import type { ClientContext } from "../../context.ts";
import type { SubmitEventParams, SubmitEventResult } from "../../types.ts";
import { eventShape, prepareEvent, refuseFuture, rulesOf, surelyNotSubmitted, takeSlots } from "./prepare.ts";

/**
 * Submits one event to the EventRegistry and waits for its receipt. Not idempotent: the same event twice is stored
 * twice.
 *
 * @param params the event. `value` is in ISO 4217 minor units of `currency` (default `USD` on revenue, `""` on
 * activity), `timestamp` in Unix seconds and not after the chain's clock.
 * @returns the transaction's hash and the data hash.
 * @throws ValidationError with the first bad field; ValueCapExceeded, RateLimitExceeded; RpcError `MachineNotFound`,
 * `MachineNotBonded`, `MachineDeactivated`, `NotAuthorizedSubmitter`, `FutureTimestamp`, `EnforcedPause`,
 * `REGISTRY_MISMATCH`, `UNSUPPORTED_REGISTRY`, `INSUFFICIENT_FUNDS`, `RECEIPT_AWAIT_FAILED`.
 * @example
 * ```ts
 * import { chainTime, registerMachine, submitEvent } from "@peaqos/peaq-os-sdk/actions";
 * const machineId = await registerMachine(client);
 * const { txHash, dataHash } = await submitEvent(client, {
 *   machineId,
 *   eventType: 0,
 *   value: 1250, // 12.50 USD
 *   currency: "USD",
 *   timestamp: await chainTime(client),
 *   rawData: new TextEncoder().encode('{"kwh":12.5}'),
 *   trustLevel: 0,
 *   sourceChainId: 0,
 * });
 * ```
 */
export async function submitEvent(
  client: ClientContext,
  params: SubmitEventParams,
): Promise<SubmitEventResult> {
  const registry = await client.chain.registry();
  const prepared = prepareEvent(params, await rulesOf(client, registry), registry);
  const slots = takeSlots(client, [prepared.event]);
  try {
    await refuseFuture(client, prepared.event);
    const receipt = await client.chain.sender.send({
      to: client.contracts.eventRegistry,
      data: prepared.data,
      doing: `submit an event of machine ${prepared.event.machineId}`,
      shape: eventShape(client, prepared),
    });
    return { txHash: receipt.txHash, dataHash: prepared.dataHash };
  } catch (error) {
    if (surelyNotSubmitted(error)) slots.giveBack();
    throw error;
  }
}
