import { type AttributeText, proxyAttributes } from "../../codec/did.ts";
import { DID_ATTR_MACHINES } from "../../constants.ts";
import type { ClientContext } from "../../context.ts";
import { RpcError, RuntimeError } from "../../errors/runtime.ts";
import type { Hex } from "../../types.ts";
import { checkAttributeValue, formatMachineList, type ProxyDIDAttributes } from "../../validate/did.ts";
import { checkId } from "../../validate/values.ts";
import { findAttribute } from "./read-attribute.ts";
import { deliverSteps, planAttributes, sendSteps } from "./write-attributes.ts";

/** How an existing machine list is treated. */
export type WriteProxyDIDOptions = {
  /**
   * `merge` (default): machines already listed stay, new ones are appended, also when several programs do so at the
   * same time. `replace`: the list becomes exactly the
   * given one. `add`: only add, as the published SDK does; fails when either attribute exists.
   */
  readonly mode?: "merge" | "replace" | "add";
};

/**
 * Writes the two attributes of an operator (machineId, machines) to the caller's own DID in one atomic transaction.
 *
 * @returns the transaction's hash, or null when the chain already holds both values and nothing was sent.
 * @throws ValidationError (`proxyMachineId`, `machineIds`, `machineIds[1]`: also when the merged list is longer than
 * 2560 bytes); RuntimeError `MACHINE_LIST_MALFORMED` when the list on chain is not one, `MACHINE_LIST_CONTENDED`; RpcError.
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
  if (mode === "replace") return sendSteps(client, await planAttributes(client, attributes));
  return mergeList(client, attributes, params.machineIds.map(BigInt));
}

/** Others may be adding to the same list; each round at least one of them gets through. */
const mostRounds = 64;

/**
 * Adds to the list until the chain shows that nobody's ids were lost. The DID knows no "only if it is still so": two
 * programs that read the same list both write theirs, and the later one takes the earlier one's ids away. So each looks
 * at the blocks afterwards: at its own, whether its ids are there, and at the one before, whether it wrote over others.
 */
async function mergeList(
  client: ClientContext,
  attributes: AttributeText[],
  wanted: readonly bigint[],
): Promise<Hex | null> {
  let txHash: Hex | null = null;
  let covered: readonly bigint[] = [];
  for (let round = 0; round < mostRounds; round += 1) {
    const basis = (await listedAt(client)) ?? [];
    const merged = [...new Set([...basis, ...covered, ...wanted])];
    const value = checkAttributeValue("machineIds", formatMachineList(merged));
    const steps = await planAttributes(client, [
      ...attributes.filter(({ name }) => name !== DID_ATTR_MACHINES),
      { name: DID_ATTR_MACHINES, value },
    ]);
    const receipt = await deliverSteps(client, steps).catch((error: unknown) => {
      if (error instanceof RpcError && error.code === "AttributeAlreadyExist") return "raced" as const;
      throw error;
    });
    if (receipt === null) return txHash;
    if (receipt === "raced") continue;
    txHash = receipt.txHash;
    // A node that cannot tell (no such block, no state of it) leaves it at what was sent.
    const after = await listedAt(client, receipt.blockNumber).catch(() => null);
    const before = await listedAt(client, receipt.blockNumber - 1n).catch(() => null);
    covered = (before ?? []).filter((id) => !basis.includes(id));
    if (covered.length === 0 && (after === null || merged.every((id) => after.includes(id)))) return txHash;
  }
  throw new RuntimeError(`The machine list of ${client.address} is being changed by others all the time.`, {
    code: "MACHINE_LIST_CONTENDED",
    retryable: true,
    hint: "Let fewer programs write with the operator's key at once, then call it again.",
  });
}

/** The ids in the caller's own list, null where there is none. */
async function listedAt(client: ClientContext, block?: bigint): Promise<bigint[] | null> {
  const attribute = await findAttribute(client, client.address, DID_ATTR_MACHINES, block);
  return attribute === null ? null : parseMachineList(attribute.value);
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
