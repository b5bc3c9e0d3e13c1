import { identityRegistryAbi } from "@peaqos/abi";
import type { ClientContext } from "../../context.ts";
import type { Address } from "../../types.ts";
import { checkAddress } from "../../validate/values.ts";

/**
 * The machine id of an address, or `0n` when it has none. Ours; the registry's `machineIdOfOwner`.
 *
 * @throws ValidationError (`address`), RpcError.
 * @example
 * ```ts
 * import { machineIdOf } from "@peaqos/peaq-os-sdk/actions";
 * await machineIdOf(client, client.address); // 0n before registerMachine
 * ```
 */
export async function machineIdOf(client: ClientContext, address: Address): Promise<bigint> {
  const owner = checkAddress("address", address);
  return client.chain.read<bigint>({
    address: await client.chain.demandContract("identityRegistry"),
    abi: identityRegistryAbi,
    functionName: "machineIdOfOwner",
    args: [owner],
    doing: `read the machine id of ${owner}`,
  });
}
