import type { OrchestrationContext } from "./api.ts";
import { callEmpty, callItem, type ItemResponse } from "./call.ts";
import { assertFilled } from "./checks.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  CreateGraphEdgeRequest,
  CreateGraphNodeRequest,
  GraphEdge,
  GraphNode,
  MachineGraph,
  UpdateGraphEdgeRequest,
  UpdateGraphNodeRequest,
} from "./types.ts";

/** A machine's graph. Ours. */

/**
 * Reads a machine's graph. Ours.
 *
 * @throws OrchestrationValidationError (`machineId`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getMachineGraph } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getMachineGraph(client, "mach_61f043950cf1");
 * ```
 */
export async function getMachineGraph(
  client: OrchestrationContext,
  machineId: string,
  request?: RequestOptions,
): Promise<ItemResponse<MachineGraph>> {
  assertFilled({ machineId });
  return callItem(client, "getMachineGraph", { params: { machineId } }, request);
}

/**
 * Adds a node. Ours.
 *
 * @throws OrchestrationValidationError (`machineId`, `kind`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createGraphNode } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createGraphNode(client, "mach_61f043950cf1", { kind: "sensor", label: "Meter" });
 * ```
 */
export async function createGraphNode(
  client: OrchestrationContext,
  machineId: string,
  params: CreateGraphNodeRequest,
  request?: RequestOptions,
): Promise<ItemResponse<GraphNode>> {
  assertFilled({ machineId, kind: params?.kind });
  return callItem(client, "createGraphNode", { params: { machineId }, body: params }, request);
}

/**
 * Changes a node; `data` is merged one level deep. Ours.
 *
 * @throws OrchestrationValidationError (`machineId`, `nodeId`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { updateGraphNode } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await updateGraphNode(client, "mach_61f043950cf1", "gnode_0123456789ab", { status: "active" });
 * ```
 */
export async function updateGraphNode(
  client: OrchestrationContext,
  machineId: string,
  nodeId: string,
  params: UpdateGraphNodeRequest,
  request?: RequestOptions,
): Promise<ItemResponse<GraphNode>> {
  assertFilled({ machineId, nodeId });
  return callItem(client, "updateGraphNode", { params: { machineId, nodeId }, body: params }, request);
}

/**
 * Removes a node and its edges. Ours.
 *
 * @throws OrchestrationValidationError (`machineId`, `nodeId`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { deleteGraphNode } from "@peaqos/peaq-os-sdk/orchestration";
 * await deleteGraphNode(client, "mach_61f043950cf1", "gnode_0123456789ab");
 * ```
 */
export async function deleteGraphNode(
  client: OrchestrationContext,
  machineId: string,
  nodeId: string,
  request?: RequestOptions,
): Promise<void> {
  assertFilled({ machineId, nodeId });
  return callEmpty(client, "deleteGraphNode", { params: { machineId, nodeId } }, request);
}

/**
 * Connects two nodes. Ours.
 *
 * @throws OrchestrationValidationError (`machineId`, `sourceNodeId`, `targetNodeId`); OrchestrationApiError
 * (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createGraphEdge } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createGraphEdge(client, "mach_61f043950cf1", {
 *   sourceNodeId: "gnode_0123456789ab",
 *   targetNodeId: "gnode_0123456789ac",
 * });
 * ```
 */
export async function createGraphEdge(
  client: OrchestrationContext,
  machineId: string,
  params: CreateGraphEdgeRequest,
  request?: RequestOptions,
): Promise<ItemResponse<GraphEdge>> {
  assertFilled({ machineId, sourceNodeId: params?.sourceNodeId, targetNodeId: params?.targetNodeId });
  return callItem(client, "createGraphEdge", { params: { machineId }, body: params }, request);
}

/**
 * Changes an edge; `data` is merged one level deep. Ours.
 *
 * @throws OrchestrationValidationError (`machineId`, `edgeId`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { updateGraphEdge } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await updateGraphEdge(client, "mach_61f043950cf1", "gedge_0123456789ab", { kind: "feeds" });
 * ```
 */
export async function updateGraphEdge(
  client: OrchestrationContext,
  machineId: string,
  edgeId: string,
  params: UpdateGraphEdgeRequest,
  request?: RequestOptions,
): Promise<ItemResponse<GraphEdge>> {
  assertFilled({ machineId, edgeId });
  return callItem(client, "updateGraphEdge", { params: { machineId, edgeId }, body: params }, request);
}

/**
 * Removes an edge. Ours.
 *
 * @throws OrchestrationValidationError (`machineId`, `edgeId`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { deleteGraphEdge } from "@peaqos/peaq-os-sdk/orchestration";
 * await deleteGraphEdge(client, "mach_61f043950cf1", "gedge_0123456789ab");
 * ```
 */
export async function deleteGraphEdge(
  client: OrchestrationContext,
  machineId: string,
  edgeId: string,
  request?: RequestOptions,
): Promise<void> {
  assertFilled({ machineId, edgeId });
  return callEmpty(client, "deleteGraphEdge", { params: { machineId, edgeId } }, request);
}
