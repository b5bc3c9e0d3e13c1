import type { OrchestrationContext } from "./api.ts";
import { callItem, callList, type ItemResponse, type ListResponse } from "./call.ts";
import { assertFilled } from "./checks.ts";
import type { RequestOptions } from "./transport.ts";
import type { CreateTaskRequest, ListTasksOptions, ResolveTaskRequest, Task } from "./types.ts";

/** Tasks: discover, resolve, execute. Ours. */

/**
 * One page of tasks. Ours.
 *
 * @throws OrchestrationValidationError (`limit`); OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listTasks } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listTasks(client);
 * ```
 */
export async function listTasks(
  client: OrchestrationContext,
  options: ListTasksOptions = {},
  request?: RequestOptions,
): Promise<ListResponse<Task>> {
  return callList(client, "listTasks", { query: options }, request);
}

/**
 * Creates a task for a machine. Ours.
 *
 * @throws OrchestrationValidationError (`machineId`, `serviceType`); OrchestrationApiError (NOT_FOUND,
 * MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createTask } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createTask(client, { machineId: "mach_61f043950cf1", serviceType: "oracle.price-feed" });
 * ```
 */
export async function createTask(
  client: OrchestrationContext,
  params: CreateTaskRequest,
  request?: RequestOptions,
): Promise<ItemResponse<Task>> {
  assertFilled({ machineId: params?.machineId, serviceType: params?.serviceType });
  return callItem(client, "createTask", { body: params }, request);
}

/**
 * Reads a task. Ours.
 *
 * @throws OrchestrationValidationError (`taskId`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getTask } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getTask(client, "task_0123456789ab");
 * ```
 */
export async function getTask(
  client: OrchestrationContext,
  taskId: string,
  request?: RequestOptions,
): Promise<ItemResponse<Task>> {
  assertFilled({ taskId });
  return callItem(client, "getTask", { params: { taskId } }, request);
}

/**
 * Finds candidates for a task. Ours.
 *
 * @throws OrchestrationValidationError (`taskId`); OrchestrationApiError (NOT_FOUND, MACHINE_NOT_ACTIVE,
 * MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { discoverTask } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await discoverTask(client, "task_0123456789ab");
 * ```
 */
export async function discoverTask(
  client: OrchestrationContext,
  taskId: string,
  request?: RequestOptions,
): Promise<ItemResponse<Task>> {
  assertFilled({ taskId });
  return callItem(client, "discoverTask", { params: { taskId } }, request);
}

/**
 * Chooses a task's route; without a `serviceId` the best candidate. Ours.
 *
 * @throws OrchestrationValidationError (`taskId`); OrchestrationApiError (NOT_FOUND, MACHINE_NOT_ACTIVE,
 * MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { resolveTask } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await resolveTask(client, "task_0123456789ab", { serviceId: "svc_0123456789ab" });
 * ```
 */
export async function resolveTask(
  client: OrchestrationContext,
  taskId: string,
  params: ResolveTaskRequest | undefined = undefined,
  request?: RequestOptions,
): Promise<ItemResponse<Task>> {
  assertFilled({ taskId });
  return callItem(client, "resolveTask", { params: { taskId }, body: params }, request);
}

/**
 * Executes a task's route. Ours.
 *
 * @throws OrchestrationValidationError (`taskId`); OrchestrationApiError (NOT_FOUND, MACHINE_NOT_ACTIVE,
 * MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, EXECUTION_UNSUPPORTED, ENDPOINT_UNREACHABLE,
 * PAYMENT_REQUIRED); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { executeTask } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await executeTask(client, "task_0123456789ab");
 * ```
 */
export async function executeTask(
  client: OrchestrationContext,
  taskId: string,
  request?: RequestOptions,
): Promise<ItemResponse<Task>> {
  assertFilled({ taskId });
  return callItem(client, "executeTask", { params: { taskId } }, request);
}
