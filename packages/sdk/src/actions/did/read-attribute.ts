import { didAbi } from "@peaqos/abi";
import { hexToString, stringToHex } from "viem";
import type { ClientContext } from "../../context.ts";
import { RpcError } from "../../errors/runtime.ts";
import type { Address, Hex } from "../../types.ts";
import { checkAttributeName } from "../../validate/did.ts";
import { checkAddress } from "../../validate/values.ts";

/** One DID attribute as the chain holds it. */
export type DIDAttribute = {
  readonly name: string;
  readonly value: string;
  /** Block number after which it no longer holds; 4294967295 for none. The chain does not enforce it. */
  readonly validity: number;
  /** The chain's clock when it was first written: milliseconds on peaq. */
  readonly created: bigint;
};

/**
 * Reads one attribute of a DID from the chain. Most programs want `queryMachine` instead.
 *
 * @param machineAddress the account whose DID it is.
 * @param name the attribute, for example `machineId`, `data_visibility`, `machines`.
 * @param block as of the end of this block; default the latest.
 * @throws ValidationError (`machineAddress`, `name`); RpcError `AttributeNotFound` when there is none.
 * @example
 * ```ts
 * import { readAttribute } from "@peaqos/peaq-os-sdk/did";
 * await client.writeProxyDIDAttributes({ proxyMachineId: 1, machineIds: [42, 43] });
 * const attribute = await readAttribute(client, client.address, "machines");
 * attribute.value; // "[42, 43]"
 * ```
 */
export async function readAttribute(
  client: ClientContext,
  machineAddress: Address,
  name: string,
  block?: bigint,
): Promise<DIDAttribute> {
  const account = checkAddress("machineAddress", machineAddress);
  const attribute = await client.chain.read<{ name: Hex; value: Hex; validity: number; created: bigint }>({
    address: await client.chain.demandContract("didRegistry"),
    abi: didAbi,
    functionName: "readAttribute",
    args: [account, stringToHex(checkAttributeName(name))],
    doing: `read the attribute ${name} of ${account}`,
    ...(block !== undefined && { block }),
  });
  return {
    name: hexToString(attribute.name),
    value: hexToString(attribute.value),
    validity: attribute.validity,
    created: attribute.created,
  };
}

/**
 * Like `readAttribute`, but null when the DID has no such attribute. Ours.
 *
 * @throws ValidationError (`machineAddress`, `name`); RpcError for everything but a missing attribute.
 * @example
 * ```ts
 * import { findAttribute } from "@peaqos/peaq-os-sdk/did";
 * await findAttribute(client, client.address, "hardware_key"); // null
 * ```
 */
export async function findAttribute(
  client: ClientContext,
  machineAddress: Address,
  name: string,
  block?: bigint,
): Promise<DIDAttribute | null> {
  try {
    return await readAttribute(client, machineAddress, name, block);
  } catch (error) {
    if (error instanceof RpcError && (error.code === "AttributeNotFound" || error.code === "EntryNotFound"))
      return null;
    throw error;
  }
}
