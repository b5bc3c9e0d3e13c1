import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";
import type { Machines } from "../machines/machines.ts";

/** A machine's graph of parts and links. */

export type Graph = {
  readonly handlers: MarketHandlers<
    | "getMachineGraph"
    | "createGraphNode"
    | "updateGraphNode"
    | "deleteGraphNode"
    | "createGraphEdge"
    | "updateGraphEdge"
    | "deleteGraphEdge"
  >;
};

export function createGraph(_market: Market, _deps: { machines: Machines }): Graph {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    handlers: missing(
      "getMachineGraph",
      "createGraphNode",
      "updateGraphNode",
      "deleteGraphNode",
      "createGraphEdge",
      "updateGraphEdge",
      "deleteGraphEdge",
    ),
  } as never;
}
