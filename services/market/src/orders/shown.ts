import { stringifyJson } from "@peaqos/protocol";
import type { Snapshot } from "./insert.ts";
import { textOf } from "./snapshots.ts";
import type { MarketOrder } from "./store.ts";

/** An order as the wire shows it, and the JSON of it. */
export type ShownOrder = { readonly view: MarketOrder; readonly text: string };

/** The JSON of an order. The service is its largest part, and thousands of orders share it: it is not written anew. */
export function orderText(view: MarketOrder, snapshot: Snapshot): string {
  const { serviceSnapshot: _, ...rest } = view;
  return `${stringifyJson(rest).slice(0, -1)},"serviceSnapshot":${snapshot.text}}`;
}

/** The same for an order that was read: the text of its service is known there too. */
export function viewText(view: MarketOrder): string {
  const { serviceSnapshot, ...rest } = view;
  const text = serviceSnapshot === null ? undefined : textOf(serviceSnapshot as object);
  if (text === undefined) return stringifyJson(view);
  return `${stringifyJson(rest).slice(0, -1)},"serviceSnapshot":${text}}`;
}
