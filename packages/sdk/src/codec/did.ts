import { didAbi } from "@peaqos/abi";
import { encodeFunctionData, stringToHex } from "viem";
import {
  DID_ATTR_DATA_API,
  DID_ATTR_DATA_VISIBILITY,
  DID_ATTR_DOCUMENTATION_URL,
  DID_ATTR_MACHINE_ID,
  DID_ATTR_MACHINES,
  DID_ATTR_NFT_TOKEN_ID,
  DID_ATTR_OPERATOR,
} from "../constants.ts";
import type { Address, Hex } from "../types.ts";
import {
  checkAttributeName,
  checkAttributeValue,
  formatMachineList,
  type MachineDIDAttributes,
  type ProxyDIDAttributes,
  validateMachineDIDAttributes,
  validateProxyDIDAttributes,
} from "../validate/did.ts";
import { checkAddress } from "../validate/values.ts";

/** Name and text of one attribute. */
export type AttributeText = { readonly name: string; readonly value: string };

/** The six attributes of a machine, in the order they are written. */
export function machineAttributes(params: MachineDIDAttributes): AttributeText[] {
  validateMachineDIDAttributes(params);
  return [
    { name: DID_ATTR_MACHINE_ID, value: params.machineId.toString() },
    { name: DID_ATTR_NFT_TOKEN_ID, value: params.nftTokenId.toString() },
    { name: DID_ATTR_OPERATOR, value: params.operatorDid },
    { name: DID_ATTR_DOCUMENTATION_URL, value: params.documentationUrl },
    { name: DID_ATTR_DATA_API, value: params.dataApi },
    { name: DID_ATTR_DATA_VISIBILITY, value: params.dataVisibility },
  ];
}

/** The two attributes of an operator, in the order they are written. */
export function proxyAttributes(params: ProxyDIDAttributes): AttributeText[] {
  validateProxyDIDAttributes(params);
  return [
    { name: DID_ATTR_MACHINE_ID, value: params.proxyMachineId.toString() },
    { name: DID_ATTR_MACHINES, value: formatMachineList(params.machineIds.map(BigInt)) },
  ];
}

/**
 * Call data that adds or updates one attribute.
 *
 * @param validFor number of blocks, 0 for no expiry.
 * @throws ValidationError (`account`, `name`, `value`): ASCII, at most 64 and 2560 bytes.
 * @example
 * ```ts
 * import { encodeAttributeWrite } from "@peaqos/peaq-os-sdk/did";
 * const data = encodeAttributeWrite("add", client.address, { name: "machineId", value: "42" });
 * ```
 */
export function encodeAttributeWrite(
  action: "add" | "update",
  account: Address,
  { name, value }: AttributeText,
  validFor = 0,
): Hex {
  const args = [
    checkAddress("account", account),
    stringToHex(checkAttributeName(name)),
    stringToHex(checkAttributeValue("value", value)),
    validFor,
  ] as const;
  return encodeFunctionData({
    abi: didAbi,
    functionName: action === "add" ? "addAttribute" : "updateAttribute",
    args,
  });
}
