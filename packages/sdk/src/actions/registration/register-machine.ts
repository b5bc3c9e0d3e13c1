import type { ClientContext } from "../../context.ts";
import { type RegisterOptions, register } from "./register.ts";

/**
 * Registers the client's own address as a machine. Sends 1 PEAQ, which becomes the machine's bond for good.
 *
 * @returns the new machine id, above 0.
 * @throws RpcError `AlreadyRegistered`, `IncorrectBondAmount`, `INSUFFICIENT_FUNDS` (says how much is missing),
 * `NO_CONTRACT`, `RECEIPT_AWAIT_FAILED` (still pending, with the hash), `REGISTERED_EVENT_MISSING`.
 * @example
 * ```ts
 * import { registerMachine } from "@peaqos/peaq-os-sdk/actions";
 * const machineId = await registerMachine(client); // 1n
 * ```
 */
export function registerMachine(client: ClientContext, options: RegisterOptions = {}): Promise<bigint> {
  return register(client, null, options);
}
