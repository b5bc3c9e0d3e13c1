import { machineNftAbi } from "@peaqos/abi";
import type { ClientContext } from "../../context.ts";
import { RpcError } from "../../errors/runtime.ts";
import type { Address, Id } from "../../types.ts";
import { checkId } from "../../validate/values.ts";

/** A machine's NFT. */
export type MachineNft = { readonly tokenId: bigint; readonly owner: Address };

/**
 * The Machine NFT's token id of a machine.
 *
 * @param machineId registered machine, above 0.
 * @returns the token id, above 0. It is not the machine id.
 * @throws ValidationError (`machineId`); RpcError `NFT_NOT_MINTED` when the machine has none.
 * @example
 * ```ts
 * import { mintNft, registerMachine, tokenIdOf } from "@peaqos/peaq-os-sdk/actions";
 * const machineId = await registerMachine(client);
 * await mintNft(client, machineId, client.address);
 * const tokenId = await tokenIdOf(client, machineId); // 1n
 * ```
 */
export async function tokenIdOf(client: ClientContext, machineId: Id): Promise<bigint> {
  const id = checkId("machineId", machineId);
  const tokenId = await readTokenId(client, id);
  if (tokenId === 0n)
    throw new RpcError(`Machine ${id} has no NFT.`, {
      code: "NFT_NOT_MINTED",
      hint: "Mint it with mintNft(machineId, recipient).",
    });
  return tokenId;
}

/**
 * The Machine NFT of a machine and who holds it, or null when there is none. Ours.
 *
 * @throws ValidationError (`machineId`), RpcError.
 * @example
 * ```ts
 * import { nftOf, registerMachine } from "@peaqos/peaq-os-sdk/actions";
 * const machineId = await registerMachine(client);
 * const nft = await nftOf(client, machineId); // null: not minted yet
 * ```
 */
export async function nftOf(client: ClientContext, machineId: Id): Promise<MachineNft | null> {
  const tokenId = await readTokenId(client, checkId("machineId", machineId));
  if (tokenId === 0n) return null;
  const owner = await client.chain.read<Address>({
    address: client.contracts.machineNft,
    abi: machineNftAbi,
    functionName: "ownerOf",
    args: [tokenId],
    doing: `read the owner of NFT ${tokenId}`,
  });
  return { tokenId, owner };
}

/** 0 where there is none, whether the contract answers 0 or reverts. */
async function readTokenId(client: ClientContext, machineId: bigint): Promise<bigint> {
  const address = await client.chain.demandContract("machineNft");
  try {
    return await client.chain.read<bigint>({
      address,
      abi: machineNftAbi,
      functionName: "tokenIdOf",
      args: [machineId],
      doing: `read the NFT of machine ${machineId}`,
    });
  } catch (error) {
    if (
      error instanceof RpcError &&
      (error.code === "ERC721NonexistentToken" || error.code === "TX_REVERTED")
    )
      return 0n;
    throw error;
  }
}
