import { proxyAttributes } from "../../codec/did.ts";
import { DID_ATTR_MACHINES } from "../../constants.ts";
import type { ClientContext } from "../../context.ts";
import { RuntimeError } from "../../errors/runtime.ts";
import type { Hex } from "../../types.ts";
import { checkAttributeValue, formatMachineList, type ProxyDIDAttributes } from "../../validate/did.ts";
import { checkId } from "../../validate/values.ts";
import { findAttribute } from "./read-attribute.ts";
import { planAttributes, sendSteps } from "./write-attributes.ts";

/** How an existing machine list is treated. */
export type WriteProxyDIDOptions = {
  /**
   * `merge` (default): machines already listed stay, new ones are appended. `replace`: the list becomes exactly the
   * given one. `add`: only add, as the published SDK does; fails when either attribute exists.
   */
  readonly mode?: "merge" | "replace" | "add";
};

/**
 * Writes the two attributes of an operator (machineId, machines) to the caller's own DID in one atomic transaction.
 *
 * @returns the transaction's hash, or null when the chain already holds both values and nothing was sent.
 * @throws ValidationError (`proxyMachineId`, `machineIds`, `machineIds[1]`: also when the merged list is longer than
 * 2560 bytes); RuntimeError `MACHINE_LIST_MALFORMED` when the list on chain is not one; RpcError.
 * @example
 * ```ts
 * import { writeProxyDIDAttributes } from "@peaqos/peaq-os-sdk/actions";
 * await writeProxyDIDAttributes(client, { proxyMachineId: 1, machineIds: [42, 43] });
 * await writeProxyDIDAttributes(client, { proxyMachineId: 1, machineIds: [44] }); // now [42, 43, 44]
 * ```
 */
export async function writeProxyDIDAttributes(
  client: ClientContext,
  params: ProxyDIDAttributes,
  options: WriteProxyDIDOptions = {},
): Promise<Hex | null> {
  const attributes = proxyAttributes(params);
  const mode = options.mode ?? "merge";
  if (mode === "add")
    return sendSteps(
      client,
      attributes.map((attribute) => ({ ...attribute, action: "add" as const })),
    );
  if (mode === "merge") {
    const current = await findAttribute(client, client.address, DID_ATTR_MACHINES);
    const listed = current === null ? [] : parseMachineList(current.value);
    const merged = [...new Set([...listed, ...params.machineIds.map(BigInt)])];
    attributes[1] = {
      name: DID_ATTR_MACHINES,
      value: checkAttributeValue("machineIds", formatMachineList(merged)),
    };
  }
  return sendSteps(client, await planAttributes(client, attributes));
}

/** The ids in a `machines` attribute; ids beyond 2^53 keep every digit. */
export function parseMachineList(text: string): bigint[] {
  const inner = /^\s*\[([\s\d,"]*)\]\s*$/.exec(text)?.[1];
  if (inner?.trim() === "") return [];
  try {
    const items = (inner ?? "x").split(",").map((item) => item.trim().replace(/^"(\d+)"$/, "$1"));
    return items.map((item) => checkId("machines", BigInt(/^\d+$/.test(item) ? item : "x")));
  } catch {
    throw new RuntimeError(
      "The attribute machines on chain is no list of machine ids, so nothing can be added to it.",
      {
        code: "MACHINE_LIST_MALFORMED",
        hint: 'Write the whole list with { mode: "replace" }.',
      },
    );
  }
}
