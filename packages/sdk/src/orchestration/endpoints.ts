import type { OrchestrationContext } from "./api.ts";
import { allPages, callEmpty, callItem, callList, type ItemResponse, type ListResponse } from "./call.ts";
import { assertFilled, assertParseableHttpUrl } from "./checks.ts";
import type { RequestOptions } from "./transport.ts";
import type { ListRuntimeEndpointsOptions, RuntimeEndpoint, UpsertRuntimeEndpointRequest } from "./types.ts";

/** Where a machine's providers are reached. */

/**
 * One page of a machine's runtime endpoints.
 *
 * @throws OrchestrationValidationError (`machineId`, `limit`); OrchestrationApiError (NOT_FOUND,
 * MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listRuntimeEndpoints } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listRuntimeEndpoints(client, "mach_61f043950cf1");
 * ```
 */
export async function listRuntimeEndpoints(
  client: OrchestrationContext,
  machineId: string,
  options: ListRuntimeEndpointsOptions = {},
  request?: RequestOptions,
): Promise<ListResponse<RuntimeEndpoint>> {
  assertFilled({ machineId });
  return callList(client, "listRuntimeEndpoints", { params: { machineId }, query: options }, request);
}

/**
 * Every row of `listRuntimeEndpoints`, page by page; filters and limit repeat on each page.
 *
 * @throws what `listRuntimeEndpoints` throws, at the first row of the page concerned.
 * @example
 * ```ts
 * import { listRuntimeEndpointsAll } from "@peaqos/peaq-os-sdk/orchestration";
 * for await (const row of listRuntimeEndpointsAll(client, "mach_61f043950cf1")) console.log(row);
 * ```
 */
export function listRuntimeEndpointsAll(
  client: OrchestrationContext,
  machineId: string,
  options: Omit<ListRuntimeEndpointsOptions, "cursor"> = {},
  request?: RequestOptions,
): AsyncGenerator<RuntimeEndpoint, void, undefined> {
  return allPages((query) => listRuntimeEndpoints(client, machineId, query, request), options);
}

/**
 * Reads a runtime endpoint.
 *
 * @throws OrchestrationValidationError (`machineId`, `providerKey`); OrchestrationApiError (NOT_FOUND,
 * MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getRuntimeEndpoint } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getRuntimeEndpoint(client, "mach_61f043950cf1", "qvac");
 * ```
 */
export async function getRuntimeEndpoint(
  client: OrchestrationContext,
  machineId: string,
  providerKey: string,
  request?: RequestOptions,
): Promise<ItemResponse<RuntimeEndpoint>> {
  assertFilled({ machineId, providerKey });
  return callItem(client, "getRuntimeEndpoint", { params: { machineId, providerKey } }, request);
}

/**
 * Sets a runtime endpoint by hand.
 *
 * @throws OrchestrationValidationError (`machineId`, `providerKey`, `endpointBaseUrl`); OrchestrationApiError
 * (NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { upsertRuntimeEndpoint } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await upsertRuntimeEndpoint(client, "mach_61f043950cf1", "qvac", { endpointBaseUrl: "http://127.0.0.1:9999" });
 * ```
 */
export async function upsertRuntimeEndpoint(
  client: OrchestrationContext,
  machineId: string,
  providerKey: string,
  params: UpsertRuntimeEndpointRequest,
  request?: RequestOptions,
): Promise<ItemResponse<RuntimeEndpoint>> {
  assertFilled({ machineId, providerKey });
  assertParseableHttpUrl("endpointBaseUrl", params?.endpointBaseUrl);
  return callItem(
    client,
    "upsertRuntimeEndpoint",
    { params: { machineId, providerKey }, body: params },
    request,
  );
}

/**
 * Deletes a runtime endpoint.
 *
 * @throws OrchestrationValidationError (`machineId`, `providerKey`); OrchestrationApiError (NOT_FOUND,
 * MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { deleteRuntimeEndpoint } from "@peaqos/peaq-os-sdk/orchestration";
 * await deleteRuntimeEndpoint(client, "mach_61f043950cf1", "qvac");
 * ```
 */
export async function deleteRuntimeEndpoint(
  client: OrchestrationContext,
  machineId: string,
  providerKey: string,
  request?: RequestOptions,
): Promise<void> {
  assertFilled({ machineId, providerKey });
  return callEmpty(client, "deleteRuntimeEndpoint", { params: { machineId, providerKey } }, request);
}
