import { identityStakingAbi } from "@peaqos/abi";
import type { ClientContext } from "../../context.ts";
import type { Id } from "../../types.ts";
import { checkId } from "../../validate/values.ts";

/** A machine's bond. */
export type BondStatus = {
  readonly bonded: boolean;
  /** Wei of the staking token (wrapped PEAQ). */
  readonly amount: bigint;
};

/**
 * Whether a machine is bonded, and with how much. Ours.
 *
 * @throws ValidationError (`machineId`), RpcError.
 * @example
 * ```ts
 * import { bondStatus, registerMachine } from "@peaqos/peaq-os-sdk/actions";
 * await bondStatus(client, await registerMachine(client)); // { bonded: true, amount: 1000000000000000000n }
 * ```
 */
export async function bondStatus(client: ClientContext, machineId: Id): Promise<BondStatus> {
  const id = checkId("machineId", machineId);
  const address = await client.chain.demandContract("identityStaking");
  const read = <T>(functionName: string) =>
    client.chain.read<T>({
      address,
      abi: identityStakingAbi,
      functionName,
      args: [id],
      doing: `read the bond of machine ${id}`,
    });
  const [bonded, amount] = await Promise.all([read<boolean>("isStaked"), read<bigint>("getStake")]);
  return { bonded, amount };
}
