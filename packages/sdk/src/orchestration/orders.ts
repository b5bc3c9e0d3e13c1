import type { OrchestrationContext } from "./api.ts";
import { allPages, callBare, callItem, callList, type ItemResponse, type ListResponse } from "./call.ts";
import { assertFilled } from "./checks.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  ConfirmMarketOrderResponse,
  CreateMarketOrderRequest,
  CreateMarketOrdersRequest,
  DisputeMarketOrderRequest,
  DisputeMarketOrderResponse,
  ExecuteMarketOrderRequest,
  ExecuteMarketOrderResponse,
  ListMarketOrdersOptions,
  MarketOrder,
  MarketOrderCheck,
  PlacedMarketOrders,
  ReasonRequest,
  ResolveMarketDisputeRequest,
} from "./types.ts";

/** Orders from placing to the end. */

/**
 * One page of a machine's orders, newest first.
 *
 * @throws OrchestrationValidationError (`machineId`, `limit`); OrchestrationApiError (NOT_FOUND,
 * MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listMarketOrders } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listMarketOrders(client, { machineId: "mach_61f043950cf1", limit: 50 });
 * ```
 */
export async function listMarketOrders(
  client: OrchestrationContext,
  options: ListMarketOrdersOptions,
  request?: RequestOptions,
): Promise<ListResponse<MarketOrder>> {
  assertFilled({ machineId: options?.machineId });
  return callList(client, "listMarketOrders", { query: options }, request);
}

/**
 * Every row of `listMarketOrders`, page by page; filters and limit repeat on each page.
 *
 * @throws what `listMarketOrders` throws, at the first row of the page concerned.
 * @example
 * ```ts
 * import { listMarketOrdersAll } from "@peaqos/peaq-os-sdk/orchestration";
 * for await (const row of listMarketOrdersAll(client, { machineId: "mach_61f043950cf1" })) console.log(row);
 * ```
 */
export function listMarketOrdersAll(
  client: OrchestrationContext,
  options: Omit<ListMarketOrdersOptions, "cursor">,
  request?: RequestOptions,
): AsyncGenerator<MarketOrder, void, undefined> {
  return allPages((query) => listMarketOrders(client, query, request), options);
}

/**
 * Places an order. The keys of `input` go as they are. Without an `idempotencyKey` of your own, a repeated call
 * opens a second order.
 *
 * Budgets are amounts in their `currency`.
 *
 * @throws OrchestrationValidationError (`machineId`, `agentPairingId`, `serviceId`, `pairingToken`);
 * OrchestrationApiError (AGENT_PAIRING_INACTIVE, NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED,
 * PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_REQUIRED, AGENT_POLICY_DENIED, AGENT_SPEND_LIMIT_EXCEEDED,
 * AGENT_DAILY_LIMIT_EXCEEDED, QUOTE_EXPIRED); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createMarketOrder } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createMarketOrder(client, {
 *   machineId: "mach_61f043950cf1",
 *   agentPairingId: "pair_67c50f8fdd3c",
 *   serviceId: "svc_0123456789ab",
 *   quoteId: "mquote_0123456789ab",
 *   input: { base_symbol: "EUR" },
 *   budget: { amount: 0.25, currency: "USDC" },
 * }, pairingToken);
 * ```
 */
export async function createMarketOrder(
  client: OrchestrationContext,
  params: CreateMarketOrderRequest,
  pairingToken: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketOrder>> {
  assertFilled({
    machineId: params?.machineId,
    agentPairingId: params?.agentPairingId,
    serviceId: params?.serviceId,
  });
  return callItem(client, "createMarketOrder", { body: params, pairingToken }, request);
}

/**
 * Reads an order.
 *
 * @throws OrchestrationValidationError (`orderId`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getMarketOrder } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getMarketOrder(client, "mord_0123456789ab");
 * ```
 */
export async function getMarketOrder(
  client: OrchestrationContext,
  orderId: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketOrder>> {
  assertFilled({ orderId });
  return callItem(client, "getMarketOrder", { params: { orderId } }, request);
}

/**
 * Executes an order: 200 with run and outcome, or 202 with a hand-off to another site. A failure of the provider
 * is an outcome with status `failed`.
 *
 * @throws OrchestrationValidationError (`orderId`, `pairingToken`); OrchestrationApiError (AGENT_PAIRING_INACTIVE,
 * NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_REQUIRED,
 * AGENT_POLICY_DENIED, PAYMENT_REQUIRED, EXECUTION_UNSUPPORTED, ENDPOINT_UNREACHABLE, ORDER_CLOSED);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { executeMarketOrder } from "@peaqos/peaq-os-sdk/orchestration";
 * const { execution } = await executeMarketOrder(client, "mord_0123456789ab", {}, pairingToken);
 * if (execution.statusCode === 200) console.log(execution.outcome.result);
 * else console.log(execution.handoff.url);
 * ```
 */
export async function executeMarketOrder(
  client: OrchestrationContext,
  orderId: string,
  params: ExecuteMarketOrderRequest,
  pairingToken: string,
  request?: RequestOptions,
): Promise<ExecuteMarketOrderResponse> {
  assertFilled({ orderId });
  return callBare(client, "executeMarketOrder", { params: { orderId }, body: params, pairingToken }, request);
}

/**
 * Confirms what was delivered; the payment becomes `release_pending`. Not repeatable: a confirmed order is closed.
 *
 * @throws OrchestrationValidationError (`orderId`, `pairingToken`); OrchestrationApiError (AGENT_PAIRING_INACTIVE,
 * NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_REQUIRED,
 * AGENT_POLICY_DENIED, ORDER_NOT_DELIVERED, ORDER_CLOSED); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { confirmMarketOrder } from "@peaqos/peaq-os-sdk/orchestration";
 * const { order, payment } = await confirmMarketOrder(client, "mord_0123456789ab", pairingToken);
 * ```
 */
export async function confirmMarketOrder(
  client: OrchestrationContext,
  orderId: string,
  pairingToken: string,
  request?: RequestOptions,
): Promise<ConfirmMarketOrderResponse> {
  assertFilled({ orderId });
  return callBare(client, "confirmMarketOrder", { params: { orderId }, pairingToken }, request);
}

/**
 * Disputes an order; the payment is frozen. The keys of `evidence` go as they are.
 *
 * @throws OrchestrationValidationError (`orderId`, `reason`, `pairingToken`); OrchestrationApiError
 * (AGENT_PAIRING_INACTIVE, NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE,
 * AGENT_PAIRING_REQUIRED, AGENT_POLICY_DENIED, ORDER_CLOSED); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { disputeMarketOrder } from "@peaqos/peaq-os-sdk/orchestration";
 * const { order, payment } = await disputeMarketOrder(client, "mord_0123456789ab", { reason: "late" }, pairingToken);
 * ```
 */
export async function disputeMarketOrder(
  client: OrchestrationContext,
  orderId: string,
  params: DisputeMarketOrderRequest,
  pairingToken: string,
  request?: RequestOptions,
): Promise<DisputeMarketOrderResponse> {
  assertFilled({ orderId, reason: params?.reason });
  return callBare(client, "disputeMarketOrder", { params: { orderId }, body: params, pairingToken }, request);
}

/**
 * Cancels an order that was not executed. Ours.
 *
 * @throws OrchestrationValidationError (`orderId`, `pairingToken`); OrchestrationApiError (AGENT_PAIRING_INACTIVE,
 * NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_REQUIRED,
 * AGENT_POLICY_DENIED, ORDER_CLOSED); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { cancelMarketOrder } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await cancelMarketOrder(client, "mord_0123456789ab", { reason: "no longer needed" }, pairingToken);
 * ```
 */
export async function cancelMarketOrder(
  client: OrchestrationContext,
  orderId: string,
  params: ReasonRequest | undefined,
  pairingToken: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketOrder>> {
  assertFilled({ orderId });
  return callItem(client, "cancelMarketOrder", { params: { orderId }, body: params, pairingToken }, request);
}

/**
 * Makes a failed order ready again; execute it next. Ours.
 *
 * @throws OrchestrationValidationError (`orderId`, `pairingToken`); OrchestrationApiError (AGENT_PAIRING_INACTIVE,
 * NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_REQUIRED,
 * AGENT_POLICY_DENIED, ORDER_CLOSED); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { retryMarketOrder } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await retryMarketOrder(client, "mord_0123456789ab", undefined, pairingToken);
 * ```
 */
export async function retryMarketOrder(
  client: OrchestrationContext,
  orderId: string,
  params: ReasonRequest | undefined,
  pairingToken: string,
  request?: RequestOptions,
): Promise<ItemResponse<MarketOrder>> {
  assertFilled({ orderId });
  return callItem(client, "retryMarketOrder", { params: { orderId }, body: params, pairingToken }, request);
}

/**
 * Resolves a dispute as the platform: `release` to the seller, `refund` to the buyer, or `dismiss`. Ours.
 *
 * @throws OrchestrationValidationError (`orderId`, `resolution`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { resolveMarketDispute } from "@peaqos/peaq-os-sdk/orchestration";
 * const { order, payment } = await resolveMarketDispute(client, "mord_0123456789ab", { resolution: "refund" });
 * ```
 */
export async function resolveMarketDispute(
  client: OrchestrationContext,
  orderId: string,
  params: ResolveMarketDisputeRequest,
  request?: RequestOptions,
): Promise<DisputeMarketOrderResponse> {
  assertFilled({ orderId, resolution: params?.resolution });
  return callBare(client, "resolveMarketDispute", { params: { orderId }, body: params }, request);
}

/**
 * Places up to 500 orders of one pairing in one request. Each passes or is refused on its own: `results` has the order or
 * its error, in the order given. Repeated with the same idempotency key, what was placed before is answered again and
 * what was refused is tried again. Ours.
 *
 * @throws OrchestrationValidationError (`orders`, `pairingToken`); OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createMarketOrders } from "@peaqos/peaq-os-sdk/orchestration";
 * const order = { machineId: "mach_61f043950cf1", agentPairingId: "pair_67c50f8fdd3c", serviceId: "svc_0123456789ab" };
 * const { placed, refused, results } = await createMarketOrders(client, { orders: [order, order] }, pairingToken);
 * ```
 */
export async function createMarketOrders(
  client: OrchestrationContext,
  params: CreateMarketOrdersRequest,
  pairingToken: string,
  request?: RequestOptions,
): Promise<PlacedMarketOrders> {
  return callBare(client, "createMarketOrders", { body: params, pairingToken }, request);
}

/**
 * Asks whether an order would pass now, rule by rule, and what it would cost. Nothing is written or reserved. Ours.
 *
 * @throws OrchestrationValidationError (`machineId`, `agentPairingId`, `serviceId`, `pairingToken`);
 * OrchestrationApiError (NOT_FOUND, AGENT_PAIRING_REQUIRED, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { checkMarketOrder } from "@peaqos/peaq-os-sdk/orchestration";
 * const { allowed, checks } = await checkMarketOrder(client, {
 *   machineId: "mach_61f043950cf1",
 *   agentPairingId: "pair_67c50f8fdd3c",
 *   serviceId: "svc_0123456789ab",
 * }, pairingToken);
 * for (const { rule, passed, message } of checks) console.log(passed ? "yes" : "no", rule, message);
 * ```
 */
export async function checkMarketOrder(
  client: OrchestrationContext,
  params: CreateMarketOrderRequest,
  pairingToken: string,
  request?: RequestOptions,
): Promise<MarketOrderCheck> {
  assertFilled({
    machineId: params?.machineId,
    agentPairingId: params?.agentPairingId,
    serviceId: params?.serviceId,
  });
  return callBare(client, "checkMarketOrder", { body: params, pairingToken }, request);
}
