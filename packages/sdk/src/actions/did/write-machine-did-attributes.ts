import { machineAttributes } from "../../codec/did.ts";
import type { ClientContext } from "../../context.ts";
import type { Hex } from "../../types.ts";
import type { MachineDIDAttributes } from "../../validate/did.ts";
import { planAttributes, sendSteps } from "./write-attributes.ts";

/** How existing attributes are treated. */
export type WriteMachineDIDOptions = {
  /** `merge` (default): read first; add, update or skip each one. `add`: only add, as the published SDK does. */
  readonly mode?: "merge" | "add";
};

/**
 * Writes the six attributes of a machine to the caller's own DID in one atomic transaction: machineId, nftTokenId,
 * operator, documentation_url, data_api, data_visibility. The machine itself signs; nobody can write another's DID.
 *
 * @returns the transaction's hash, or null when the chain already holds all six values and nothing was sent.
 * @throws ValidationError with the first bad field; RpcError, in mode `add` also `AttributeAlreadyExist`.
 * @example
 * ```ts
 * import { writeMachineDIDAttributes } from "@peaqos/peaq-os-sdk/actions";
 * const txHash = await writeMachineDIDAttributes(client, {
 *   machineId: 42,
 *   nftTokenId: 7,
 *   operatorDid: "",
 *   documentationUrl: "https://example.com/doc",
 *   dataApi: "https://example.com/data",
 *   dataVisibility: "public",
 * });
 * ```
 */
export async function writeMachineDIDAttributes(
  client: ClientContext,
  params: MachineDIDAttributes,
  options: WriteMachineDIDOptions = {},
): Promise<Hex | null> {
  const attributes = machineAttributes(params);
  if (options.mode === "add")
    return sendSteps(
      client,
      attributes.map((attribute) => ({ ...attribute, action: "add" as const })),
    );
  return sendSteps(client, await planAttributes(client, attributes));
}
