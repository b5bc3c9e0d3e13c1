import type { OrchestrationContext } from "./api.ts";
import { allPages, callBare, callItem, callList, type ItemResponse, type ListResponse } from "./call.ts";
import { assertFilled } from "./checks.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  CatalogueChange,
  CatalogueRequest,
  GetMarketServiceOptions,
  ListMarketServicesOptions,
  MarketSearch,
  MarketSearchRequest,
  MarketService,
} from "./types.ts";

/** The catalogue and the search. */

/**
 * One page of the catalogue.
 *
 * @throws OrchestrationValidationError (`limit`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listMarketServices } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listMarketServices(client, { serviceType: "oracle.price-feed" });
 * ```
 */
export async function listMarketServices(
  client: OrchestrationContext,
  options: ListMarketServicesOptions = {},
  request?: RequestOptions,
): Promise<ListResponse<MarketService>> {
  return callList(client, "listMarketServices", { query: options }, request);
}

/**
 * Every row of `listMarketServices`, page by page; filters and limit repeat on each page.
 *
 * @throws what `listMarketServices` throws, at the first row of the page concerned.
 * @example
 * ```ts
 * import { listMarketServicesAll } from "@peaqos/peaq-os-sdk/orchestration";
 * for await (const row of listMarketServicesAll(client)) console.log(row);
 * ```
 */
export function listMarketServicesAll(
  client: OrchestrationContext,
  options: Omit<ListMarketServicesOptions, "cursor"> = {},
  request?: RequestOptions,
): AsyncGenerator<MarketService, void, undefined> {
  return allPages((query) => listMarketServices(client, query, request), options);
}

/**
 * Reads a service; with `machineId` as that machine sees it.
 *
 * @throws OrchestrationValidationError (`serviceId`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getMarketService } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getMarketService(client, "svc_0123456789ab");
 * ```
 */
export async function getMarketService(
  client: OrchestrationContext,
  serviceId: string,
  options: GetMarketServiceOptions = {},
  request?: RequestOptions,
): Promise<ItemResponse<MarketService>> {
  assertFilled({ serviceId });
  return callItem(client, "getMarketService", { params: { serviceId }, query: options }, request);
}

/**
 * Searches the market for an agent's machine; quotes come ranked, best first. Finding nothing is an answer with
 * status `no_match`.
 *
 * Budgets are amounts in their `currency`.
 *
 * @throws OrchestrationValidationError (`pairingToken`); OrchestrationApiError (AGENT_PAIRING_INACTIVE, NOT_FOUND,
 * MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_REQUIRED,
 * AGENT_POLICY_DENIED); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { searchMarket } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await searchMarket(client, { serviceType: "oracle.price-feed", budget: { max: 1, currency: "USD" } }, pairingToken);
 * ```
 */
export async function searchMarket(
  client: OrchestrationContext,
  params: MarketSearchRequest,
  pairingToken: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketSearch>> {
  return callItem(client, "searchMarket", { body: params, pairingToken }, request);
}

/**
 * Reads a search again.
 *
 * @throws OrchestrationValidationError (`searchId`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getMarketSearch } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getMarketSearch(client, "msearch_0123456789ab");
 * ```
 */
export async function getMarketSearch(
  client: OrchestrationContext,
  searchId: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketSearch>> {
  assertFilled({ searchId });
  return callItem(client, "getMarketSearch", { params: { searchId } }, request);
}

/**
 * Replaces the whole catalogue; a service that is missing in it is taken off the market. Needs a key with the scope
 * `catalogue`. Ours.
 *
 * Prices are amounts in their `currency`.
 *
 * @throws OrchestrationValidationError (`version`); OrchestrationApiError (VALIDATION_ERROR, FORBIDDEN);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { putCatalogue } from "@peaqos/peaq-os-sdk/orchestration";
 * const { added, changed, removed } = await putCatalogue(client, {
 *   version: "2026-01-02",
 *   services: [
 *     {
 *       id: "svc_reference-rates",
 *       skillKey: "price-feed",
 *       providerKey: "reference-rates",
 *       providerLabel: "Reference rates",
 *       serviceType: "oracle.price-feed",
 *       name: "Reference rates",
 *       pricing: { mode: "fixed", amount: 0.25, currency: "USDC" },
 *     },
 *   ],
 * });
 * ```
 */
export async function putCatalogue(
  client: OrchestrationContext,
  params: CatalogueRequest,
  request?: RequestOptions,
): Promise<CatalogueChange> {
  assertFilled({ version: params?.version });
  return callBare(client, "putCatalogue", { body: params }, request);
}
