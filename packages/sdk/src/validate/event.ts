import {
  EVENT_MAX_METADATA_BYTES,
  EVENT_MIN_TIMESTAMP,
  EVENT_TYPE_ACTIVITY,
  EVENT_TYPE_REVENUE,
  SUPPORTED_CHAIN_IDS,
  TRUST_HARDWARE_SIGNED,
  TRUST_ON_CHAIN_VERIFIABLE,
  TRUST_SELF_REPORTED,
} from "../constants.ts";
import { ValidationError } from "../errors/validation.ts";
import type { Hex, SubmitEventParams } from "../types.ts";
import { checkBytes, checkHash, checkId, checkUint, hexSize } from "./values.ts";

/** An event after all checks, every field in the form the contract takes. */
export type CheckedEvent = {
  readonly machineId: bigint;
  readonly eventType: 0 | 1;
  readonly value: bigint;
  readonly currency: string;
  readonly timestamp: bigint;
  readonly rawData: Hex | null;
  readonly trustLevel: 0 | 1 | 2;
  readonly sourceChainId: bigint;
  readonly sourceTxHash: Hex | null;
  readonly metadata: Hex;
};

/** What the rules depend on besides the event. */
export type EventRules = {
  /** Source chains allowed besides 0 and the published six: the connected chain and configured satellites. */
  readonly sourceChainIds?: readonly (number | bigint)[];
  /** Longest metadata in bytes; the registry's `MAX_METADATA_SIZE`. Default 4096. */
  readonly maxMetadataBytes?: number;
  /** A batch wants the currency spelled out for each event. */
  readonly currencyRequired?: boolean;
};

const publishedSources: readonly bigint[] = [0, ...Object.values(SUPPORTED_CHAIN_IDS)].map(BigInt);

const knownFields = new Set([
  "machineId",
  "eventType",
  "value",
  "timestamp",
  "rawData",
  "trustLevel",
  "sourceChainId",
  "sourceTxHash",
  "metadata",
  "currency",
]);

/**
 * Checks an event by every rule that needs no chain and returns it in the contract's form; the first broken rule
 * throws, in the published order: machine id, type, value, trust level, source chain, raw data, source hash,
 * timestamp, source hash required, currency, metadata.
 */
export function checkEvent(params: SubmitEventParams, rules: EventRules = {}): CheckedEvent {
  if (typeof params !== "object" || params === null)
    throw new ValidationError("params", "an object with the event's fields", params);
  for (const name of Object.keys(params))
    if (!knownFields.has(name))
      throw new ValidationError(name, `one of the event's fields (${[...knownFields].join(", ")})`, name);
  const machineId = checkId("machineId", params.machineId);
  const eventType = checkOneOf("eventType", params.eventType, [EVENT_TYPE_REVENUE, EVENT_TYPE_ACTIVITY]);
  const value = checkUint("value", params.value);
  const trustLevel = checkOneOf("trustLevel", params.trustLevel ?? TRUST_SELF_REPORTED, [
    TRUST_SELF_REPORTED,
    TRUST_ON_CHAIN_VERIFIABLE,
    TRUST_HARDWARE_SIGNED,
  ]);
  const sourceChainId = checkSourceChain(params.sourceChainId ?? 0, rules.sourceChainIds ?? []);
  const rawData = params.rawData == null ? null : checkBytes("rawData", params.rawData);
  if (rawData === "0x")
    throw new ValidationError("rawData", "null or at least one byte", params.rawData, {
      hint: "Leave rawData out when there is no data.",
    });
  const sourceTxHash = params.sourceTxHash == null ? null : checkHash("sourceTxHash", params.sourceTxHash);
  const timestamp = checkTimestamp(params.timestamp);
  if (trustLevel === TRUST_ON_CHAIN_VERIFIABLE && sourceTxHash === null)
    throw new ValidationError("sourceTxHash", "given when trustLevel is 1", params.sourceTxHash);
  const currency = checkCurrency(params, eventType, rules.currencyRequired ?? false);
  const metadata = params.metadata == null ? "0x" : checkBytes("metadata", params.metadata);
  const limit = rules.maxMetadataBytes ?? EVENT_MAX_METADATA_BYTES;
  if (hexSize(metadata) > limit)
    throw new ValidationError("metadata", `at most ${limit} bytes`, `${hexSize(metadata)} bytes`, {
      hint: "Keep the data off chain and submit its hash through rawData.",
    });
  return {
    machineId,
    eventType,
    value,
    currency,
    timestamp,
    rawData,
    trustLevel,
    sourceChainId,
    sourceTxHash,
    metadata,
  };
}

function checkOneOf<T extends number>(field: string, value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value || (typeof value === "bigint" && BigInt(one) === value));
  if (found === undefined) throw new ValidationError(field, allowed.join(" or "), value);
  return found;
}

function checkSourceChain(value: unknown, extra: readonly (number | bigint)[]): bigint {
  const allowed = [...publishedSources, ...extra.map(BigInt)];
  const id = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof id !== "bigint" || !allowed.includes(id))
    throw new ValidationError("sourceChainId", `one of ${[...new Set(allowed)].join(", ")}`, value);
  return id;
}

function checkTimestamp(value: unknown): bigint {
  const timestamp = checkUint("timestamp", value, 1n);
  if (timestamp < BigInt(EVENT_MIN_TIMESTAMP))
    throw new ValidationError("timestamp", "Unix seconds from the year 2000 on (946684800)", value, {
      hint: "It is the time the event happened, in seconds.",
    });
  return timestamp;
}

function checkCurrency(params: SubmitEventParams, eventType: 0 | 1, required: boolean): string {
  const { currency } = params;
  if (currency === undefined && !required) return eventType === EVENT_TYPE_REVENUE ? "USD" : "";
  if (eventType === EVENT_TYPE_ACTIVITY) {
    if (currency !== "")
      throw new ValidationError("currency", 'the empty text "" on an activity event', currency);
    return "";
  }
  if (typeof currency !== "string" || !/^[A-Z0-9]{3,10}$/.test(currency))
    throw new ValidationError("currency", "3 to 10 characters A-Z or 0-9 on a revenue event", currency, {
      hint: "Use the ISO 4217 code in capitals, for example USD.",
    });
  return currency;
}

/**
 * Checks the fields of one event without sending anything.
 *
 * @param params the event; see `SubmitEventParams` for units.
 * @param rules what depends on the deployment: further source chains, the registry's metadata limit.
 * @throws ValidationError with the first field that breaks its rule.
 * @example
 * ```ts
 * import { validateSubmitEventParams } from "@peaqos/peaq-os-sdk";
 * validateSubmitEventParams({ machineId: 42, eventType: 0, value: 1250, timestamp: 1735000000, currency: "USD" });
 * ```
 */
export function validateSubmitEventParams(params: SubmitEventParams, rules: EventRules = {}): void {
  checkEvent(params, rules);
}
