import { eventRegistryAbi } from "@peaqos/abi";
import type { ClientContext } from "../../context.ts";
import type { Hex, Id } from "../../types.ts";
import { checkId, checkUint } from "../../validate/values.ts";
import { getEventsV1Abi } from "./events-v1-abi.ts";

/** An event as the chain holds it. Who submitted it and when is in its transaction, not here. */
export type MachineEvent = {
  /** Position among the machine's events, from 0. */
  readonly index: bigint;
  readonly machineId: bigint;
  /** 0 revenue, 1 activity. */
  readonly eventType: number;
  /** Minor units of `currency`. */
  readonly value: bigint;
  /** Empty on activity events. */
  readonly currency: string;
  /** Unix seconds. */
  readonly timestamp: bigint;
  readonly dataHash: Hex;
  readonly trustLevel: number;
  readonly sourceChainId: bigint;
  readonly sourceTxHash: Hex;
  readonly metadata: Hex;
};

/** Which events to read. */
export type GetEventsOptions = {
  /** First index; default 0. */
  readonly offset?: Id;
  /** Most events to read; default all. */
  readonly limit?: number;
};

type RawEvent = Omit<MachineEvent, "index" | "currency"> & { readonly currency?: string };

/**
 * How many events a machine has. Ours; `getEventCount` of the registry.
 *
 * @throws ValidationError (`machineId`), RpcError.
 * @example
 * ```ts
 * import { getEventCount, registerMachine } from "@peaqos/peaq-os-sdk/actions";
 * await getEventCount(client, await registerMachine(client)); // 0n
 * ```
 */
export async function getEventCount(client: ClientContext, machineId: Id): Promise<bigint> {
  const id = checkId("machineId", machineId);
  return client.chain.read<bigint>({
    address: await client.chain.demandContract("eventRegistry"),
    abi: eventRegistryAbi,
    functionName: "getEventCount",
    args: [id],
    doing: `count the events of machine ${id}`,
  });
}

/**
 * A machine's events from the chain, oldest first, read page by page. Events that arrive meanwhile are included. Ours.
 *
 * @throws ValidationError (`machineId`, `offset`, `limit`); RpcError `OffsetOutOfBounds` for an offset beyond the end.
 * @example
 * ```ts
 * import { getEvents, registerMachine } from "@peaqos/peaq-os-sdk/actions";
 * const machineId = await registerMachine(client);
 * for await (const event of getEvents(client, machineId)) console.log(event.timestamp, event.value);
 * ```
 */
export async function* getEvents(
  client: ClientContext,
  machineId: Id,
  options: GetEventsOptions = {},
): AsyncGenerator<MachineEvent, void, undefined> {
  const id = checkId("machineId", machineId);
  const limit = options.limit === undefined ? null : checkUint("limit", options.limit);
  let index = checkUint("offset", options.offset ?? 0);
  const { version, maxQueryLimit } = await client.chain.registry();
  const end = limit === null ? null : index + limit;
  const pageSize = BigInt(maxQueryLimit);
  for (;;) {
    const left = end === null ? pageSize : end - index;
    if (left <= 0n) return;
    const size = left < pageSize ? left : pageSize;
    const page = await client.chain.read<readonly RawEvent[]>({
      address: client.contracts.eventRegistry,
      abi: version === 2 ? eventRegistryAbi : getEventsV1Abi,
      functionName: "getEvents",
      args: [id, index, size],
      doing: `read the events of machine ${id}`,
    });
    for (const event of page) {
      yield { index, ...event, currency: event.currency ?? (event.eventType === 0 ? "USD" : "") };
      index += 1n;
    }
    if (BigInt(page.length) < size) return;
  }
}
