import { identityRegistryAbi } from "@peaqos/abi";
import { decodeEventLog, encodeFunctionData, toEventSelector } from "viem";
import type { Receipt } from "../../chain/receipts.ts";
import { MACHINE_BOND_WEI } from "../../constants.ts";
import type { ClientContext } from "../../context.ts";
import { RpcError } from "../../errors/runtime.ts";
import type { Address, Hex } from "../../types.ts";

/** Settings of a registration that the published SDK does not have. */
export type RegisterOptions = {
  /** Wei sent as bond. Default 1 PEAQ (10^18); a registry may ask for another `minBond`. */
  readonly bond?: bigint;
};

const registeredTopic = toEventSelector("Registered(uint256,string,address)");

/** Sends one of the two registration calls and reads the new id from the registry's own log. */
export async function register(
  client: ClientContext,
  machineAddress: Address | null,
  options: RegisterOptions,
): Promise<bigint> {
  const registry = await client.chain.demandContract("identityRegistry");
  const data: Hex =
    machineAddress === null
      ? encodeFunctionData({ abi: identityRegistryAbi, functionName: "register" })
      : encodeFunctionData({ abi: identityRegistryAbi, functionName: "registerFor", args: [machineAddress] });
  const receipt = await client.chain.sender.send({
    to: registry,
    data,
    value: options.bond ?? MACHINE_BOND_WEI,
    doing: machineAddress === null ? "register this machine" : `register the machine ${machineAddress}`,
  });
  return machineIdFrom(receipt, registry);
}

/** The id in the `Registered` log of this registry; logs of other contracts in the same transaction do not count. */
export function machineIdFrom(receipt: Receipt, registry: Address): bigint {
  const log = receipt.logs.find(
    ({ address, topics }) =>
      address.toLowerCase() === registry.toLowerCase() && topics[0] === registeredTopic,
  );
  if (log === undefined)
    throw new RpcError("The registration was mined, but the registry left no Registered log.", {
      code: "REGISTERED_EVENT_MISSING",
      txHash: receipt.txHash,
      hint: "Read machineIdOf(address) for the new id.",
    });
  try {
    const { args } = decodeEventLog({
      abi: identityRegistryAbi,
      eventName: "Registered",
      topics: log.topics as [Hex, ...Hex[]],
      data: log.data,
    });
    if (args.machineId > 0n) return args.machineId;
  } catch {
    // Falls through to the error below.
  }
  throw new RpcError("The registration was mined, but its Registered log has no positive machine id.", {
    code: "REGISTERED_EVENT_MALFORMED",
    txHash: receipt.txHash,
    hint: "Read machineIdOf(address) for the new id.",
  });
}
