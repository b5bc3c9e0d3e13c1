import { machineNftAbi } from "@peaqos/abi";
import { encodeFunctionData } from "viem";
import type { ClientContext } from "../../context.ts";
import type { Address, Hex, Id } from "../../types.ts";
import { checkId, checkNonZeroAddress } from "../../validate/values.ts";

/**
 * Mints the Machine NFT of a registered, bonded machine. A machine has at most one.
 *
 * @param machineId registered machine, above 0.
 * @param recipient who gets the NFT. An operator may mint only to the machine's own address.
 * @returns the transaction's hash.
 * @throws ValidationError (`machineId`, `recipient`); RpcError `MachineNotFound`, `MachineNotBonded`,
 * `AlreadyMinted`, `NotMachineOwner`, `RecipientMustBeMachineOwner`, `EnforcedPause`.
 * @example
 * ```ts
 * import { mintNft, registerMachine } from "@peaqos/peaq-os-sdk/actions";
 * const machineId = await registerMachine(client);
 * const txHash = await mintNft(client, machineId, client.address);
 * ```
 */
export async function mintNft(client: ClientContext, machineId: Id, recipient: Address): Promise<Hex> {
  const id = checkId("machineId", machineId);
  const to = checkNonZeroAddress("recipient", recipient);
  const receipt = await client.chain.sender.send({
    to: await client.chain.demandContract("machineNft"),
    data: encodeFunctionData({ abi: machineNftAbi, functionName: "mint", args: [id, to] }),
    doing: `mint the NFT of machine ${id}`,
  });
  return receipt.txHash;
}
