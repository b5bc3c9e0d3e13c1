import { identityRegistryAbi } from "@peaqos/abi";
import type { ClientContext } from "../../context.ts";
import { RpcError } from "../../errors/runtime.ts";
import type { Address, Id } from "../../types.ts";
import { checkId } from "../../validate/values.ts";
import { nftOf } from "../nft/token-id-of.ts";
import { type BondStatus, bondStatus } from "./bond-status.ts";

/** A machine as the chain knows it. */
export type Machine = {
  readonly machineId: bigint;
  /** `did:peaq:` and the owner's address. */
  readonly did: string;
  /** Holder of the identity token: the machine's own address. */
  readonly owner: Address;
  /** Who registered it for the machine; null for a self-managed one. */
  readonly operator: Address | null;
  /** 0 none, 1 pending, 2 verified, 3 rejected, 4 deactivated. */
  readonly status: number;
  readonly bond: BondStatus;
  /** Token id and holder of the Machine NFT, null before it is minted. */
  readonly nft: { readonly tokenId: bigint; readonly owner: Address } | null;
};

const zeroAddress = /^0x0{40}$/;

/**
 * Reads a machine's registration, bond and NFT from the chain. Ours.
 *
 * @throws ValidationError (`machineId`); RpcError `MachineNotFound`.
 * @example
 * ```ts
 * import { getMachine, registerMachine } from "@peaqos/peaq-os-sdk/actions";
 * const machine = await getMachine(client, await registerMachine(client));
 * machine.bond.bonded; // true
 * ```
 */
export async function getMachine(client: ClientContext, machineId: Id): Promise<Machine> {
  const id = checkId("machineId", machineId);
  const address = await client.chain.demandContract("identityRegistry");
  const read = <T>(functionName: string) =>
    client.chain.read<T>({
      address,
      abi: identityRegistryAbi,
      functionName,
      args: [id],
      doing: `read machine ${id}`,
    });
  const [owner, exists] = await read<readonly [Address, boolean]>("getOwnerIfExists");
  if (!exists)
    throw new RpcError(`No machine has the id ${id}.`, {
      code: "MachineNotFound",
      hint: "Check the machine id and that rpcUrl is the chain it was registered on.",
    });
  const [operator, status, bond, nft] = await Promise.all([
    read<Address>("operatorOf"),
    read<number>("machineStatus"),
    bondStatus(client, id),
    nftOf(client, id),
  ]);
  return {
    machineId: id,
    did: `did:peaq:${owner}`,
    owner,
    operator: zeroAddress.test(operator) ? null : operator,
    status,
    bond,
    nft,
  };
}
