import type { MarketOperationId } from "@peaqos/protocol/market";
import type { MarketHandlers } from "./handlers.ts";

/** Placeholders while the domains are being built; deleted with the last of them. */
export function missing<const Ids extends readonly MarketOperationId[]>(
  ...ids: Ids
): MarketHandlers<Ids[number]> {
  const refuse = () => {
    throw new Error("not built yet");
  };
  return Object.fromEntries(ids.map((id) => [id, refuse])) as never;
}
