import { stringifyJson } from "@peaqos/protocol";
import type { placedOrdersSchema } from "@peaqos/protocol/market";
import { HttpError } from "@peaqos/service-kit";
import type { z } from "zod";
import { invalid } from "../kit/errors.ts";
import { idempotencyKey, type WriteSource } from "../kit/write.ts";
import type { OrderBody } from "./draft.ts";
import { checkInput } from "./input.ts";
import type { PlaceSource } from "./place.ts";
import type { ShownOrder } from "./shown.ts";
import type { Caller, Standing } from "./standing.ts";

/** Many orders in one request: each is placed as if it had come alone, with a key of its own made from the request's. */

export type PlacedOrders = z.output<typeof placedOrdersSchema>;

type Source = WriteSource & { readonly caller: Caller; readonly body: { readonly orders: OrderBody[] } };

/** Room for the place of an order at the end of its key. */
const maxKey = 250;

export async function placeMany(
  source: Source,
  enter: (caller: Caller, body: OrderBody) => Promise<Standing>,
  place: (source: PlaceSource, standing: Standing) => Promise<ShownOrder>,
): Promise<{ body: PlacedOrders; text: string }> {
  const key = idempotencyKey(source.headers);
  if (key !== null && key.length > maxKey)
    throw invalid("Idempotency-Key", `must have at most ${maxKey} characters for a batch`);
  const { orders } = source.body;
  const entered = new Map<string, Promise<Standing>>();
  const entries = await Promise.allSettled(
    orders.map((body) => {
      const word = JSON.stringify([body.machineId, body.agentPairingId]);
      const entry = entered.get(word) ?? enter(source.caller, body);
      entered.set(word, entry);
      return entry;
    }),
  );
  // All are let in before the first is placed, so that they are placed in their order.
  const settled = await Promise.allSettled(
    orders.map(async (body, index) => {
      const entry = entries[index]!;
      if (entry.status === "rejected") throw entry.reason;
      checkInput(body);
      const headers =
        key === null ? source.headers : { ...source.headers, "idempotency-key": `${key}#${index}` };
      return place({ ...source, body, headers }, entry.value);
    }),
  );
  const texts: string[] = [];
  const results = settled.map((outcome): PlacedOrders["results"][number] => {
    if (outcome.status === "fulfilled") {
      texts.push(`{"order":${outcome.value.text},"error":null}`);
      return { order: outcome.value.view, error: null };
    }
    const error: unknown = outcome.reason;
    // Not an order's fault: the whole request fails, and its repetition finds what was placed.
    if (!(error instanceof HttpError) || error.status >= 500) throw error;
    const { code, message, details } = error;
    const told = { code, message, details: details === undefined ? null : { ...details } };
    texts.push(`{"order":null,"error":${stringifyJson(told)}}`);
    return { order: null, error: told };
  });
  const placed = results.filter(({ order }) => order !== null).length;
  const refused = results.length - placed;
  return {
    body: { placed, refused, results },
    text: `{"placed":${placed},"refused":${refused},"results":[${texts.join(",")}]}`,
  };
}
