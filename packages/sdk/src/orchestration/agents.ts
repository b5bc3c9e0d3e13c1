import type { OrchestrationContext } from "./api.ts";
import { callEmpty, callItem, callList, type ItemResponse, type ListResponse } from "./call.ts";
import { assertFilled } from "./checks.ts";
import { OrchestrationValidationError } from "./errors.ts";
import { hideFields } from "./redact.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  EnrollMachineAgentRequest,
  MachineAgent,
  MachineAgentHeartbeatRequest,
  MachineAgentHeartbeatResponse,
} from "./types.ts";

/** Agents that run on a machine. */

/**
 * The agents that run on a machine.
 *
 * @throws OrchestrationValidationError (`machineId`); OrchestrationApiError (NOT_FOUND, MACHINE_NOT_ACTIVE,
 * MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listMachineAgents } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listMachineAgents(client, "mach_61f043950cf1");
 * ```
 */
export async function listMachineAgents(
  client: OrchestrationContext,
  machineId: string,
  request?: RequestOptions,
): Promise<ListResponse<MachineAgent>> {
  assertFilled({ machineId });
  return callList(client, "listMachineAgents", { params: { machineId } }, request);
}

/**
 * Enrols an agent that runs on the machine. The answer holds `provisioningToken`, once; JSON and inspectors show
 * `[REDACTED]` in its place.
 *
 * @throws OrchestrationValidationError (`machineId`); OrchestrationApiError (NOT_FOUND, MACHINE_NOT_ACTIVE,
 * MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { enrollMachineAgent } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await enrollMachineAgent(client, "mach_61f043950cf1", { label: "runtime" });
 * ```
 */
export async function enrollMachineAgent(
  client: OrchestrationContext,
  machineId: string,
  params?: EnrollMachineAgentRequest,
  request?: RequestOptions,
): Promise<ItemResponse<MachineAgent & { readonly provisioningToken: string }>> {
  assertFilled({ machineId });
  const answer = await callItem(
    client,
    "enrollMachineAgent",
    { params: { machineId }, body: params ?? {} },
    request,
  );
  return { item: hideFields(answer.item, ["provisioningToken", "agentToken"]) };
}

/**
 * Revokes an agent that runs on the machine.
 *
 * @throws OrchestrationValidationError (`machineId`, `agentId`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { revokeMachineAgent } from "@peaqos/peaq-os-sdk/orchestration";
 * await revokeMachineAgent(client, "mach_61f043950cf1", "magent_0123456789ab");
 * ```
 */
export async function revokeMachineAgent(
  client: OrchestrationContext,
  machineId: string,
  agentId: string,
  request?: RequestOptions,
): Promise<void> {
  assertFilled({ machineId, agentId });
  return callEmpty(client, "revokeMachineAgent", { params: { machineId, agentId } }, request);
}

/**
 * An agent on the machine says that it lives and where its endpoints are. Sends no key: the token is in the body.
 *
 * The answer's fields are at the top, and under `item` as on the wire (not enumerable).
 *
 * @param params.leaseTtlSeconds how long the endpoints count without another heartbeat, 30 to 3600; default 120.
 * @throws OrchestrationValidationError (`machineId`, `agentId`, `agentToken`, `endpoints`); OrchestrationApiError
 * (NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_INACTIVE,
 * AGENT_POLICY_DENIED); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { machineAgentHeartbeat } from "@peaqos/peaq-os-sdk/orchestration";
 * const { observedAt } = await machineAgentHeartbeat(client, {
 *   machineId: "mach_61f043950cf1",
 *   agentId: "magent_0123456789ab",
 *   agentToken,
 *   endpoints: [{ providerKey: "qvac", endpointBaseUrl: "http://127.0.0.1:9999" }],
 * });
 * ```
 */
export async function machineAgentHeartbeat(
  client: OrchestrationContext,
  params: MachineAgentHeartbeatRequest,
  request?: RequestOptions,
): Promise<MachineAgentHeartbeatResponse> {
  assertFilled({ machineId: params?.machineId, agentId: params?.agentId, agentToken: params?.agentToken });
  if (!Array.isArray(params.endpoints) || params.endpoints.length === 0)
    throw new OrchestrationValidationError("endpoints", "must be a list of at least one endpoint");
  const { item } = await callItem(client, "machineAgentHeartbeat", { body: params }, request);
  return Object.defineProperty({ ...item }, "item", { value: item }) as MachineAgentHeartbeatResponse;
}
