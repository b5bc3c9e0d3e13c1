import type { MarketAuth, MarketOperationId, MarketOperations } from "@peaqos/protocol/market";
import type { Answer, HandlerRequest } from "@peaqos/service-kit";
import type { AgentCaller, PlatformCaller, PublicCaller } from "./caller.ts";

/**
 * Handlers of the market: validated requests with their caller. Where pairing tokens are not enforced, an agent call
 * may come from a platform caller, who names the pairing in the body.
 */

type CallerBy<A extends MarketAuth> = A extends "platform"
  ? PlatformCaller
  : A extends "none"
    ? PublicCaller
    : AgentCaller | PlatformCaller;

export type CallerOf<Id extends MarketOperationId> = CallerBy<MarketOperations[Id]["caller"]>;

export type MarketRequestOf<Id extends MarketOperationId> = HandlerRequest<MarketOperations[Id]> & {
  readonly caller: CallerOf<Id>;
  readonly operation: Id;
};

export type MarketHandler<Id extends MarketOperationId> = (
  request: MarketRequestOf<Id>,
) => Answer | Promise<Answer>;

/** What one domain serves. */
export type MarketHandlers<Ids extends MarketOperationId = MarketOperationId> = {
  readonly [Id in Ids]: MarketHandler<Id>;
};

export const item = (value: unknown, status = 200): Answer => ({ status, body: { item: value } });
export const noContent: Answer = { status: 204 };
