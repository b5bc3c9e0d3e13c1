import type { OrchestrationContext } from "./api.ts";
import {
  allPages,
  callEmpty,
  callItem,
  callList,
  type ItemResponse,
  type ListQuery,
  type ListResponse,
} from "./call.ts";
import { assertFilled } from "./checks.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  CreateMachineIdentityChallengeRequest,
  CreateMachineRequest,
  Machine,
  MachineIdentityChallengeResponse,
  UpdateMachineRequest,
} from "./types.ts";

/** Machines and the proof of their identity. */

/**
 * Requests a text that a controller of the identity signs (EIP-191) to prove that a machine is theirs.
 *
 * @param params.identityRef `did:peaq:0x...` or `peaqos:machine:<id>`.
 * @throws OrchestrationValidationError (`identityRef`); OrchestrationApiError (MACHINE_NOT_ACTIVATED,
 * PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createMachineIdentityChallenge } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createMachineIdentityChallenge(client, { identityRef: "did:peaq:0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D" });
 * ```
 */
export async function createMachineIdentityChallenge(
  client: OrchestrationContext,
  params: CreateMachineIdentityChallengeRequest,
  request?: RequestOptions,
): Promise<ItemResponse<MachineIdentityChallengeResponse>> {
  assertFilled({ identityRef: params?.identityRef });
  return callItem(client, "createMachineIdentityChallenge", { body: params }, request);
}

/**
 * One page of the machines whose identity is confirmed.
 *
 * @throws OrchestrationValidationError (`limit`); OrchestrationApiError (PEAQOS_IDENTITY_UNAVAILABLE);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listMachines } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listMachines(client, { limit: 20 });
 * ```
 */
export async function listMachines(
  client: OrchestrationContext,
  options: ListQuery = {},
  request?: RequestOptions,
): Promise<ListResponse<Machine>> {
  return callList(client, "listMachines", { query: options }, request);
}

/**
 * Every row of `listMachines`, page by page; filters and limit repeat on each page.
 *
 * @throws what `listMachines` throws, at the first row of the page concerned.
 * @example
 * ```ts
 * import { listMachinesAll } from "@peaqos/peaq-os-sdk/orchestration";
 * for await (const row of listMachinesAll(client)) console.log(row);
 * ```
 */
export function listMachinesAll(
  client: OrchestrationContext,
  options: Omit<ListQuery, "cursor"> = {},
  request?: RequestOptions,
): AsyncGenerator<Machine, void, undefined> {
  return allPages((query) => listMachines(client, query, request), options);
}

/**
 * Creates a machine; it starts as a draft.
 *
 * @throws OrchestrationValidationError (`displayName`, `ownerId`); OrchestrationApiError (MACHINE_NOT_ACTIVATED,
 * MACHINE_IDENTITY_PROOF_REQUIRED, MACHINE_IDENTITY_PROOF_INVALID, MACHINE_IDENTITY_PROOF_EXPIRED,
 * MACHINE_IDENTITY_EXISTS, PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createMachine } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createMachine(client, { displayName: "Charger 7", ownerId: "op_1", machineType: "iot-device", runtimeProfile: "linux-native" });
 * ```
 */
export async function createMachine(
  client: OrchestrationContext,
  params: CreateMachineRequest,
  request?: RequestOptions,
): Promise<ItemResponse<Machine>> {
  assertFilled({ displayName: params?.displayName, ownerId: params?.ownerId });
  return callItem(client, "createMachine", { body: params }, request);
}

/**
 * Reads a machine.
 *
 * @throws OrchestrationValidationError (`machineId`); OrchestrationApiError (NOT_FOUND, MACHINE_NOT_ACTIVATED,
 * PEAQOS_IDENTITY_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getMachine } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getMachine(client, "mach_61f043950cf1");
 * ```
 */
export async function getMachine(
  client: OrchestrationContext,
  machineId: string,
  request?: RequestOptions,
): Promise<ItemResponse<Machine>> {
  assertFilled({ machineId });
  return callItem(client, "getMachine", { params: { machineId } }, request);
}

/**
 * Changes the fields that are given; `{ status: "active" }` activates a machine.
 *
 * @throws OrchestrationValidationError (`machineId`); OrchestrationApiError (NOT_FOUND,
 * MACHINE_IDENTITY_IMMUTABLE, MACHINE_NOT_ACTIVATED, MACHINE_IDENTITY_PROOF_INVALID,
 * MACHINE_IDENTITY_PROOF_EXPIRED, MACHINE_IDENTITY_EXISTS, PEAQOS_IDENTITY_UNAVAILABLE);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { updateMachine } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await updateMachine(client, "mach_61f043950cf1", { status: "active" });
 * ```
 */
export async function updateMachine(
  client: OrchestrationContext,
  machineId: string,
  params: UpdateMachineRequest,
  request?: RequestOptions,
): Promise<ItemResponse<Machine>> {
  assertFilled({ machineId });
  return callItem(client, "updateMachine", { params: { machineId }, body: params }, request);
}

/**
 * Archives a machine. It cannot come back.
 *
 * @throws OrchestrationValidationError (`machineId`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { archiveMachine } from "@peaqos/peaq-os-sdk/orchestration";
 * await archiveMachine(client, "mach_61f043950cf1");
 * ```
 */
export async function archiveMachine(
  client: OrchestrationContext,
  machineId: string,
  request?: RequestOptions,
): Promise<void> {
  assertFilled({ machineId });
  return callEmpty(client, "archiveMachine", { params: { machineId } }, request);
}
