import type { Catalogue, MarketService } from "../catalogue/catalogue.ts";
import { pageByKey } from "../catalogue/page.ts";
import { notFound } from "../kit/errors.ts";
import { item, type MarketHandlers } from "../kit/handlers.ts";
import type { BuyerContexts } from "./context.ts";
import { hasOf, setupOf, standingOf } from "./points.ts";
import { serviceTypeOf } from "./task.ts";
import type { RankContext } from "./types.ts";

/** The catalogue as it is read: services with their health and, for a machine, with what that machine lacks. */

export type Services = {
  readonly handlers: MarketHandlers<"listMarketServices" | "getMarketService">;
};

export type ServicesDeps = {
  readonly catalogue: Catalogue;
  readonly contexts: BuyerContexts;
  /** @throws HttpError NOT_FOUND for a machine that the tenant does not have. */
  readonly requireMachine: (machineId: string, tenantId: string) => Promise<unknown>;
};

export function createServices({ catalogue, contexts, requireMachine }: ServicesDeps): Services {
  /** Null: seen by nobody in particular. */
  async function contextFor(machineId: string | undefined, tenantId: string): Promise<RankContext | null> {
    if (machineId === undefined) return null;
    await requireMachine(machineId, tenantId);
    return contexts.of(tenantId, machineId);
  }

  function viewOf(service: MarketService, machineId: string | undefined, context: RankContext | null) {
    const health = catalogue.healthOf(service.id);
    const metadata = {
      ...service.metadata,
      ...(health === undefined
        ? {}
        : {
            health: {
              status: health.status,
              error: health.error,
              since: health.changedAt.toISOString(),
            },
          }),
    };
    if (context === null) return { ...service, metadata };
    const setup = setupOf(service);
    const { ready, status, components } = standingOf(setup, hasOf(setup, context));
    return {
      ...service,
      integrationStatus: status,
      metadata: { ...metadata, machine: { machineId, ready, notes: components.map(({ text }) => text) } },
    };
  }

  return {
    handlers: {
      async listMarketServices({ caller, query }) {
        const context = await contextFor(query.machineId, caller.tenantId);
        const serviceType = serviceTypeOf(query.serviceType);
        const providerKey = query.providerKey?.trim().toLowerCase();
        const { executionMode } = query;
        const found = catalogue.listed.filter(
          ({ service }) =>
            (serviceType === null || service.serviceType === serviceType) &&
            (executionMode === undefined || service.executionMode === executionMode) &&
            (!providerKey || service.providerKey.toLowerCase() === providerKey),
        );
        const { items, nextCursor } = pageByKey(found, query, ({ service }) => service.id);
        const views = items.map(({ service }) => viewOf(service, query.machineId, context));
        return { status: 200, body: { items: views, nextCursor } };
      },
      async getMarketService({ caller, params, query }) {
        const service = catalogue.findService(params.serviceId);
        if (service === undefined) throw notFound("service", params.serviceId);
        const context = await contextFor(query.machineId, caller.tenantId);
        return item(viewOf(service, query.machineId, context));
      },
    },
  };
}
