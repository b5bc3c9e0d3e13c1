import type { ClientContext } from "../../context.ts";
import type { Address } from "../../types.ts";
import { checkAddress } from "../../validate/values.ts";
import { type RegisterOptions, register } from "./register.ts";

/**
 * Registers another address as a machine; the caller becomes its operator and pays the 1 PEAQ bond.
 *
 * @param machineAddress the machine's own address.
 * @returns the new machine id, above 0.
 * @throws ValidationError (`machineAddress`); RpcError `AlreadyRegistered`, `InvalidMachineAddress` (zero or the
 * caller's own), `INSUFFICIENT_FUNDS`, `NO_CONTRACT`, `RECEIPT_AWAIT_FAILED`.
 * @example
 * ```ts
 * import { generateKeypair } from "@peaqos/peaq-os-sdk";
 * import { registerFor } from "@peaqos/peaq-os-sdk/actions";
 * const machineId = await registerFor(client, generateKeypair().address);
 * ```
 */
export async function registerFor(
  client: ClientContext,
  machineAddress: Address,
  options: RegisterOptions = {},
): Promise<bigint> {
  return register(client, checkAddress("machineAddress", machineAddress), options);
}
