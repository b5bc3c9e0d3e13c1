import type { Receipt } from "../../chain/receipts.ts";
import { type AttributeText, encodeAttributeWrite } from "../../codec/did.ts";
import { encodeBatchAll } from "../../codec/events.ts";
import type { ClientContext } from "../../context.ts";
import { ValidationError } from "../../errors/validation.ts";
import type { Hex } from "../../types.ts";
import { findAttribute } from "./read-attribute.ts";

/** What a writer does to one attribute. */
export type AttributeStep = AttributeText & {
  readonly action: "add" | "update" | "skip";
  /** The text on chain now, or null when there is none. */
  readonly current: string | null;
};

/**
 * Compares attributes with what the caller's DID holds: which have to be added, updated, or are right already. Ours.
 *
 * @throws RpcError when the chain cannot be read.
 * @example
 * ```ts
 * import { planAttributes } from "@peaqos/peaq-os-sdk/did";
 * const steps = await planAttributes(client, [{ name: "data_api", value: "https://example.com" }]);
 * steps[0].action; // "add"
 * ```
 */
export async function planAttributes(
  client: ClientContext,
  attributes: readonly AttributeText[],
): Promise<AttributeStep[]> {
  const found = await Promise.all(attributes.map(({ name }) => findAttribute(client, client.address, name)));
  return attributes.map(({ name, value }, index) => {
    const current = found[index]?.value ?? null;
    const action = current === null ? "add" : current === value ? "skip" : "update";
    return { name, value, action, current };
  });
}

/**
 * Writes any attributes to the caller's own DID in one atomic transaction: missing ones are added, different ones
 * updated, equal ones left alone. Ours.
 *
 * @param attributes names (at most 64 bytes) and texts (at most 2560 bytes), both ASCII.
 * @returns the transaction's hash, or null when the chain already holds every value and nothing was sent.
 * @throws ValidationError (`attributes`, `name`, `value`), RpcError.
 * @example
 * ```ts
 * import { writeAttributes } from "@peaqos/peaq-os-sdk/did";
 * await writeAttributes(client, [{ name: "hardware_key", value: "eip191:0x..." }]);
 * ```
 */
export async function writeAttributes(
  client: ClientContext,
  attributes: readonly AttributeText[],
): Promise<Hex | null> {
  if (!Array.isArray(attributes) || attributes.length === 0)
    throw new ValidationError("attributes", "a non-empty list", attributes);
  // Checks every text before the first request.
  for (const attribute of attributes) encodeAttributeWrite("add", client.address, attribute);
  return sendSteps(client, await planAttributes(client, attributes));
}

type Step = { readonly name: string; readonly value: string; readonly action: "add" | "update" | "skip" };

/** One atomic batch of the steps that change something; null when none does. */
export async function sendSteps(client: ClientContext, steps: readonly Step[]): Promise<Hex | null> {
  return (await deliverSteps(client, steps))?.txHash ?? null;
}

/** Like `sendSteps`, with the whole receipt. */
export async function deliverSteps(client: ClientContext, steps: readonly Step[]): Promise<Receipt | null> {
  const calls = steps.flatMap((step) =>
    step.action === "skip" ? [] : [encodeAttributeWrite(step.action, client.address, step)],
  );
  if (calls.length === 0) return null;
  const did = await client.chain.demandContract("didRegistry");
  return client.chain.sender.send({
    to: await client.chain.demandContract("batchPrecompile"),
    data: encodeBatchAll(did, calls),
    touchesPrecompile: true,
    doing: `write ${calls.length} DID attributes of ${client.address}`,
  });
}
