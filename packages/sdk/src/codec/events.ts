import { batchAbi, eventRegistryAbi } from "@peaqos/abi";
import { encodeFunctionData, prepareEncodeFunctionData } from "viem";
import { ValidationError } from "../errors/validation.ts";
import type { Address, Hex } from "../types.ts";
import type { CheckedEvent } from "../validate/event.ts";
import { computeDataHash, ZERO_HASH } from "./data-hash.ts";

/** Call data of events and batches. */

/** `submitEvent` of older registries: nine arguments, no currency. */
export const submitEventV1Abi = [
  {
    type: "function",
    name: "submitEvent",
    stateMutability: "nonpayable",
    inputs: [
      { name: "machineId", type: "uint256" },
      { name: "eventType", type: "uint8" },
      { name: "value", type: "uint256" },
      { name: "timestamp", type: "uint256" },
      { name: "dataHash", type: "bytes32" },
      { name: "trustLevel", type: "uint8" },
      { name: "sourceChainId", type: "uint256" },
      { name: "sourceTxHash", type: "bytes32" },
      { name: "metadata", type: "bytes" },
    ],
    outputs: [],
  },
] as const;

/** The selectors are worked out once, not for each of thousands of events. */
const submitEventCall = prepareEncodeFunctionData({ abi: eventRegistryAbi, functionName: "submitEvent" });

/** The hash an event stands for on chain. */
export function eventDataHash(event: CheckedEvent): Hex {
  return event.rawData === null ? ZERO_HASH : computeDataHash(event.rawData);
}

/** Call data of `submitEvent`, in the form the registry has. */
export function encodeSubmitEvent(event: CheckedEvent, dataHash: Hex, version: 1 | 2): Hex {
  const tail = [
    event.timestamp,
    dataHash,
    event.trustLevel,
    event.sourceChainId,
    event.sourceTxHash ?? ZERO_HASH,
    event.metadata,
  ] as const;
  if (version === 2)
    return encodeFunctionData({
      ...submitEventCall,
      args: [event.machineId, event.eventType, event.value, event.currency, ...tail],
    });
  // Without a currency field an amount is read as US cents.
  if (event.currency !== "" && event.currency !== "USD")
    throw new ValidationError(
      "currency",
      "USD: this registry is the older one without currencies",
      event.currency,
    );
  return encodeFunctionData({
    abi: submitEventV1Abi,
    functionName: "submitEvent",
    args: [event.machineId, event.eventType, event.value, ...tail],
  });
}

/** Call data of `batchAll`: one target, no value, all remaining gas for each call. */
export function encodeBatchAll(target: Address, calls: readonly Hex[]): Hex {
  return encodeFunctionData({
    abi: batchAbi,
    functionName: "batchAll",
    args: [
      calls.map(() => target.toLowerCase() as Address),
      calls.map(() => 0n),
      [...calls],
      calls.map(() => 0n),
    ],
  });
}
