import type { OrchestrationContext } from "./api.ts";
import { callBare, callItem, callList, type ItemResponse, type ListResponse } from "./call.ts";
import { assertFilled } from "./checks.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  AuditEvent,
  AuditVerification,
  HealthResponse,
  ListAuditEventsOptions,
  ListRunsOptions,
  Outcome,
  ReadinessResponse,
  Route,
  Run,
  VerifyAuditOptions,
} from "./types.ts";

/** Health, audit, runs, routes and outcomes. */

/**
 * Whether the market's process lives. Sends no key.
 *
 * @throws OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getHealth } from "@peaqos/peaq-os-sdk/orchestration";
 * const { ok } = await getHealth(client);
 * ```
 */
export async function getHealth(
  client: OrchestrationContext,
  request?: RequestOptions,
): Promise<HealthResponse> {
  return callBare(client, "getHealth", {}, request);
}

/**
 * `getHealth` under the name of the published Python client.
 *
 * @throws what `getHealth` throws.
 * @example
 * ```ts
 * import { checkHealth } from "@peaqos/peaq-os-sdk/orchestration";
 * const { ok } = await checkHealth(client);
 * ```
 */
export function checkHealth(client: OrchestrationContext, request?: RequestOptions): Promise<HealthResponse> {
  return getHealth(client, request);
}

/**
 * Whether the market can work, check by check. Sends no key.
 *
 * @throws OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getReadiness } from "@peaqos/peaq-os-sdk/orchestration";
 * const { status, checks } = await getReadiness(client);
 * ```
 */
export async function getReadiness(
  client: OrchestrationContext,
  request?: RequestOptions,
): Promise<ReadinessResponse> {
  return callBare(client, "getReadiness", {}, request);
}

/**
 * The newest entries of the audit log.
 *
 * @throws OrchestrationValidationError (`limit`); OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listAuditEvents } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listAuditEvents(client, { machineId: "mach_61f043950cf1", limit: 10 });
 * ```
 */
export async function listAuditEvents(
  client: OrchestrationContext,
  options: ListAuditEventsOptions = {},
  request?: RequestOptions,
): Promise<ListResponse<AuditEvent>> {
  return callList(client, "listAuditEvents", { query: options }, request);
}

/**
 * One page of runs. Ours.
 *
 * @throws OrchestrationValidationError (`limit`); OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listRuns } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listRuns(client, { machineId: "mach_61f043950cf1" });
 * ```
 */
export async function listRuns(
  client: OrchestrationContext,
  options: ListRunsOptions = {},
  request?: RequestOptions,
): Promise<ListResponse<Run>> {
  return callList(client, "listRuns", { query: options }, request);
}

/**
 * Reads a run. Ours.
 *
 * @throws OrchestrationValidationError (`runId`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getRun } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getRun(client, "run_0123456789ab");
 * ```
 */
export async function getRun(
  client: OrchestrationContext,
  runId: string,
  request?: RequestOptions,
): Promise<ItemResponse<Run>> {
  assertFilled({ runId });
  return callItem(client, "getRun", { params: { runId } }, request);
}

/**
 * One page of routes. Ours.
 *
 * @throws OrchestrationValidationError (`limit`); OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listRoutes } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listRoutes(client);
 * ```
 */
export async function listRoutes(
  client: OrchestrationContext,
  options: ListRunsOptions = {},
  request?: RequestOptions,
): Promise<ListResponse<Route>> {
  return callList(client, "listRoutes", { query: options }, request);
}

/**
 * Reads a route. Ours.
 *
 * @throws OrchestrationValidationError (`routeId`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getRoute } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getRoute(client, "route_0123456789ab");
 * ```
 */
export async function getRoute(
  client: OrchestrationContext,
  routeId: string,
  request?: RequestOptions,
): Promise<ItemResponse<Route>> {
  assertFilled({ routeId });
  return callItem(client, "getRoute", { params: { routeId } }, request);
}

/**
 * One page of outcomes. Ours.
 *
 * @throws OrchestrationValidationError (`limit`); OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listOutcomes } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listOutcomes(client);
 * ```
 */
export async function listOutcomes(
  client: OrchestrationContext,
  options: ListRunsOptions = {},
  request?: RequestOptions,
): Promise<ListResponse<Outcome>> {
  return callList(client, "listOutcomes", { query: options }, request);
}

/**
 * Reads an outcome. Ours.
 *
 * @throws OrchestrationValidationError (`outcomeId`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getOutcome } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getOutcome(client, "out_0123456789ab");
 * ```
 */
export async function getOutcome(
  client: OrchestrationContext,
  outcomeId: string,
  request?: RequestOptions,
): Promise<ItemResponse<Outcome>> {
  assertFilled({ outcomeId });
  return callItem(client, "getOutcome", { params: { outcomeId } }, request);
}

/**
 * Checks the hash chains of the audit log: all of them, or one machine's. Ours.
 *
 * @throws OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { verifyAudit } from "@peaqos/peaq-os-sdk/orchestration";
 * const { valid, problems } = await verifyAudit(client, { machineId: "mach_61f043950cf1" });
 * ```
 */
export async function verifyAudit(
  client: OrchestrationContext,
  options: VerifyAuditOptions = {},
  request?: RequestOptions,
): Promise<AuditVerification> {
  return callBare(client, "verifyAudit", { query: options }, request);
}
