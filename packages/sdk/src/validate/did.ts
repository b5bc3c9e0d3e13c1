import {
  DATA_VISIBILITY_ONCHAIN,
  DATA_VISIBILITY_PRIVATE,
  DATA_VISIBILITY_PUBLIC,
  DID_MAX_NAME_BYTES,
  DID_MAX_VALUE_BYTES,
} from "../constants.ts";
import { ValidationError } from "../errors/validation.ts";
import type { Address, Id } from "../types.ts";
import { checkId, isAscii } from "./values.ts";

/** Visibility of a machine's data. */
export type DataVisibility = "public" | "private" | "onchain";

const visibilities: readonly string[] = [
  DATA_VISIBILITY_PUBLIC,
  DATA_VISIBILITY_PRIVATE,
  DATA_VISIBILITY_ONCHAIN,
];

/** Arguments of `writeMachineDIDAttributes`. */
export type MachineDIDAttributes = {
  readonly machineId: Id;
  /** Machine NFT's token id. */
  readonly nftTokenId: Id;
  /** The operator's DID, or `""` for a self-managed machine. */
  readonly operatorDid: string;
  /** Non-empty ASCII URL, at most 2560 bytes. */
  readonly documentationUrl: string;
  /** Non-empty ASCII URL of the machine's data API, at most 2560 bytes. */
  readonly dataApi: string;
  readonly dataVisibility: DataVisibility;
};

/** Arguments of `writeProxyDIDAttributes`. */
export type ProxyDIDAttributes = {
  /** The operator's own machine id. */
  readonly proxyMachineId: Id;
  /** Ids of the machines it manages; at least one. */
  readonly machineIds: readonly Id[];
};

/** One attribute's text: ASCII, at most 2560 bytes. */
export function checkAttributeValue(
  field: string,
  value: unknown,
  options: { nonEmpty?: boolean } = {},
): string {
  if (typeof value !== "string") throw new ValidationError(field, "a text", value);
  if (options.nonEmpty && value === "") throw new ValidationError(field, "a non-empty text", value);
  if (!isAscii(value)) throw new ValidationError(field, "ASCII text", value);
  if (value.length > DID_MAX_VALUE_BYTES)
    throw new ValidationError(field, `at most ${DID_MAX_VALUE_BYTES} bytes`, value, {
      hint: `It has ${value.length}.`,
    });
  return value;
}

/** An attribute's name: ASCII, at most 64 bytes. */
export function checkAttributeName(value: unknown): string {
  if (typeof value !== "string" || value === "") throw new ValidationError("name", "a non-empty text", value);
  if (!isAscii(value)) throw new ValidationError("name", "ASCII text", value);
  if (value.length > DID_MAX_NAME_BYTES)
    throw new ValidationError("name", `at most ${DID_MAX_NAME_BYTES} bytes`, value);
  return value;
}

/**
 * Checks the arguments of `writeMachineDIDAttributes`; nothing is sent.
 *
 * @throws ValidationError with the first field that breaks its rule.
 * @example
 * ```ts
 * import { validateMachineDIDAttributes } from "@peaqos/peaq-os-sdk";
 * validateMachineDIDAttributes({
 *   machineId: 42, nftTokenId: 7, operatorDid: "", documentationUrl: "https://example.com/doc",
 *   dataApi: "https://example.com/data", dataVisibility: "public",
 * });
 * ```
 */
export function validateMachineDIDAttributes(params: MachineDIDAttributes): void {
  checkId("machineId", params.machineId);
  checkId("nftTokenId", params.nftTokenId);
  if (!visibilities.includes(params.dataVisibility))
    throw new ValidationError("dataVisibility", visibilities.join(", "), params.dataVisibility);
  checkAttributeValue("operatorDid", params.operatorDid);
  checkAttributeValue("documentationUrl", params.documentationUrl, { nonEmpty: true });
  checkAttributeValue("dataApi", params.dataApi, { nonEmpty: true });
}

/** The `machines` attribute's text: a JSON array with a blank after each comma, as the published client writes it. */
export function formatMachineList(ids: readonly bigint[]): string {
  return `[${ids.join(", ")}]`;
}

/**
 * Checks the arguments of `writeProxyDIDAttributes`; nothing is sent.
 *
 * @throws ValidationError with the first field that breaks its rule.
 * @example
 * ```ts
 * import { validateProxyDIDAttributes } from "@peaqos/peaq-os-sdk";
 * validateProxyDIDAttributes({ proxyMachineId: 1, machineIds: [42, 43] });
 * ```
 */
export function validateProxyDIDAttributes(params: ProxyDIDAttributes): void {
  checkId("proxyMachineId", params.proxyMachineId);
  if (!Array.isArray(params.machineIds) || params.machineIds.length === 0)
    throw new ValidationError("machineIds", "a non-empty list of machine ids", params.machineIds);
  const ids = params.machineIds.map((id, index) => checkId(`machineIds[${index}]`, id));
  checkAttributeValue("machineIds", formatMachineList(ids));
}

const didPattern = /^did:peaq:(0x[0-9a-fA-F]{40})$/;

/**
 * The machine DID, checked: `did:peaq:0x` and 40 hexadecimal digits, in any letter case of the digits.
 *
 * @throws ValidationError (`did`).
 */
export function checkDid(did: unknown): string {
  if (typeof did !== "string" || !didPattern.test(did))
    throw new ValidationError("did", "did:peaq:0x and 40 hexadecimal digits", did);
  return did;
}

/**
 * The address inside a machine DID, or null when the text is no machine DID.
 *
 * @example
 * ```ts
 * import { addressFromDid } from "@peaqos/peaq-os-sdk";
 * addressFromDid("did:peaq:0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D"); // "0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D"
 * addressFromDid("did:peaq:42"); // null
 * ```
 */
export function addressFromDid(did: string): Address | null {
  return (didPattern.exec(did)?.[1] as Address | undefined) ?? null;
}

/**
 * The DID of an address.
 *
 * @throws ValidationError when it is no address.
 * @example
 * ```ts
 * import { didOf } from "@peaqos/peaq-os-sdk";
 * didOf("0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D"); // "did:peaq:0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D"
 * ```
 */
export function didOf(address: Address): string {
  const did = `did:peaq:${address}`;
  if (!didPattern.test(did))
    throw new ValidationError("address", "an address (0x and 40 hexadecimal digits)", address);
  return did;
}
