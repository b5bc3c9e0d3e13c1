import type { ClientContext } from "../../context.ts";
import type { Id } from "../../types.ts";
import { checkId } from "../../validate/values.ts";
import { adminFlagsViews } from "./admin-flags-abi.ts";

/** What the administrators say about a machine. */
export type MachineFlags = {
  /** Unix seconds since when it is flagged; null when it is not. */
  readonly flaggedAt: bigint | null;
  /** Points that replace the trust part of its rating, 0 to 25; null when there is no override. */
  readonly trustOverride: bigint | null;
};

/**
 * Reads a machine's negative flag and trust override. Needs `contracts.adminFlags`. Ours.
 *
 * @throws ValidationError (`machineId`, `contracts.adminFlags`), RpcError.
 * @example
 * ```ts
 * import { flagsOf, registerMachine } from "@peaqos/peaq-os-sdk/actions";
 * await flagsOf(client, await registerMachine(client)); // { flaggedAt: null, trustOverride: null }
 * ```
 */
export async function flagsOf(client: ClientContext, machineId: Id): Promise<MachineFlags> {
  const id = checkId("machineId", machineId);
  const address = await client.chain.demandContract("adminFlags");
  const common = { address, abi: adminFlagsViews, args: [id], doing: `read the flags of machine ${id}` };
  const [flaggedAt, [set, value]] = await Promise.all([
    client.chain.read<bigint>({ ...common, functionName: "flaggedAt" }),
    client.chain.read<readonly [boolean, bigint]>({ ...common, functionName: "trustOverrideOf" }),
  ]);
  return { flaggedAt: flaggedAt === 0n ? null : flaggedAt, trustOverride: set ? value : null };
}
