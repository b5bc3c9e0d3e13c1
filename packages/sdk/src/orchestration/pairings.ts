import type { OrchestrationContext } from "./api.ts";
import { allPages, callEmpty, callItem, callList, type ItemResponse, type ListResponse } from "./call.ts";
import { assertFilled } from "./checks.ts";
import { hideFields } from "./redact.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  AgentPairing,
  AgentPairingChallengeResponse,
  CreateAgentPairingChallengeRequest,
  CreateAgentPairingRequest,
  CreateAgentPairingSessionRequest,
  ListAgentPairingsOptions,
  PairingAllowance,
  UpdateAgentPairingRequest,
} from "./types.ts";

/** Agents paired with a machine. */

/**
 * One page of a machine's pairings; never with their tokens.
 *
 * @throws OrchestrationValidationError (`machineId`, `limit`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listAgentPairings } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listAgentPairings(client, "mach_61f043950cf1");
 * ```
 */
export async function listAgentPairings(
  client: OrchestrationContext,
  machineId: string,
  options: ListAgentPairingsOptions = {},
  request?: RequestOptions,
): Promise<ListResponse<AgentPairing>> {
  assertFilled({ machineId });
  return callList(client, "listAgentPairings", { params: { machineId }, query: options }, request);
}

/**
 * Every row of `listAgentPairings`, page by page; filters and limit repeat on each page.
 *
 * @throws what `listAgentPairings` throws, at the first row of the page concerned.
 * @example
 * ```ts
 * import { listAgentPairingsAll } from "@peaqos/peaq-os-sdk/orchestration";
 * for await (const row of listAgentPairingsAll(client, "mach_61f043950cf1")) console.log(row);
 * ```
 */
export function listAgentPairingsAll(
  client: OrchestrationContext,
  machineId: string,
  options: Omit<ListAgentPairingsOptions, "cursor"> = {},
  request?: RequestOptions,
): AsyncGenerator<AgentPairing, void, undefined> {
  return allPages((query) => listAgentPairings(client, machineId, query, request), options);
}

/**
 * Requests a text that the agent signs (EIP-191) to prove its address.
 *
 * @throws OrchestrationValidationError (`machineId`, `agentAddress`, `agentProvider`, `agentRole`);
 * OrchestrationApiError (NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE,
 * AGENT_PAIRING_UNAVAILABLE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createAgentPairingChallenge } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createAgentPairingChallenge(client, "mach_61f043950cf1", {
 *   agentAddress: "0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D",
 *   agentProvider: "anthropic",
 *   agentRole: "buyer",
 * });
 * ```
 */
export async function createAgentPairingChallenge(
  client: OrchestrationContext,
  machineId: string,
  params: CreateAgentPairingChallengeRequest,
  request?: RequestOptions,
): Promise<ItemResponse<AgentPairingChallengeResponse>> {
  assertFilled({
    machineId,
    agentAddress: params?.agentAddress,
    agentProvider: params?.agentProvider,
    agentRole: params?.agentRole,
  });
  return callItem(client, "createAgentPairingChallenge", { params: { machineId }, body: params }, request);
}

/**
 * Pairs an agent with a machine. The answer holds `pairingToken`, once; JSON and inspectors show `[REDACTED]` in
 * its place.
 *
 * Limits are amounts in `currency`; a day is a UTC day.
 *
 * @throws OrchestrationValidationError (`machineId`, `agentAddress`, `agentProvider`, `agentRole`,
 * `agentProof.challengeId`, `agentProof.signature`); OrchestrationApiError (NOT_FOUND, MACHINE_NOT_ACTIVE,
 * MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_PROOF_REQUIRED, AGENT_PAIRING_PROOF_INVALID,
 * AGENT_PAIRING_PROOF_EXPIRED, AGENT_PAIRING_UNAVAILABLE, MACHINE_IDENTITY_PROOF_REQUIRED);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createAgentPairing } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createAgentPairing(client, "mach_61f043950cf1", {
 *   agentAddress: "0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D",
 *   agentProvider: "anthropic",
 *   agentRole: "buyer",
 *   agentProof: { challengeId: "apch_0123456789abcdef", signature },
 *   delegationPolicy: { perTransactionLimit: 2.5, dailySpendLimit: 5, currency: "USD" },
 * });
 * ```
 */
export async function createAgentPairing(
  client: OrchestrationContext,
  machineId: string,
  params: CreateAgentPairingRequest,
  request?: RequestOptions,
): Promise<ItemResponse<AgentPairing & { readonly pairingToken: string }>> {
  assertFilled({
    machineId,
    agentAddress: params?.agentAddress,
    agentProvider: params?.agentProvider,
    agentRole: params?.agentRole,
    "agentProof.challengeId": params?.agentProof?.challengeId,
    "agentProof.signature": params?.agentProof?.signature,
  });
  const answer = await callItem(
    client,
    "createAgentPairing",
    { params: { machineId }, body: params },
    request,
  );
  return { item: hideFields(answer.item, ["pairingToken"]) };
}

/**
 * Rotates a pairing's token with a fresh proof: before it expires, and after a change of the delegation policy.
 *
 * @throws OrchestrationValidationError (`machineId`, `pairingId`, `agentProof.challengeId`,
 * `agentProof.signature`); OrchestrationApiError (NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED,
 * PEAQOS_IDENTITY_UNAVAILABLE, AGENT_PAIRING_PROOF_REQUIRED, AGENT_PAIRING_PROOF_INVALID,
 * AGENT_PAIRING_PROOF_EXPIRED, AGENT_PAIRING_UNAVAILABLE, AGENT_PAIRING_INACTIVE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createAgentPairingSession } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createAgentPairingSession(client, "mach_61f043950cf1", "pair_67c50f8fdd3c", {
 *   agentProof: { challengeId: "apch_0123456789abcdef", signature },
 * });
 * ```
 */
export async function createAgentPairingSession(
  client: OrchestrationContext,
  machineId: string,
  pairingId: string,
  params: CreateAgentPairingSessionRequest,
  request?: RequestOptions,
): Promise<ItemResponse<AgentPairing & { readonly pairingToken: string }>> {
  assertFilled({
    machineId,
    pairingId,
    "agentProof.challengeId": params?.agentProof?.challengeId,
    "agentProof.signature": params?.agentProof?.signature,
  });
  const answer = await callItem(
    client,
    "createAgentPairingSession",
    { params: { machineId, pairingId }, body: params },
    request,
  );
  return { item: hideFields(answer.item, ["pairingToken"]) };
}

/**
 * Changes a pairing. A `delegationPolicy` replaces the old one whole (a missing limit is no limit) and ends its
 * sessions.
 *
 * @throws OrchestrationValidationError (`machineId`, `pairingId`); OrchestrationApiError (NOT_FOUND,
 * AGENT_PAIRING_INACTIVE); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { updateAgentPairing } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await updateAgentPairing(client, "mach_61f043950cf1", "pair_67c50f8fdd3c", { status: "paused" });
 * ```
 */
export async function updateAgentPairing(
  client: OrchestrationContext,
  machineId: string,
  pairingId: string,
  params: UpdateAgentPairingRequest,
  request?: RequestOptions,
): Promise<ItemResponse<AgentPairing>> {
  assertFilled({ machineId, pairingId });
  return callItem(client, "updateAgentPairing", { params: { machineId, pairingId }, body: params }, request);
}

/**
 * Revokes a pairing; its tokens are worthless at once.
 *
 * @throws OrchestrationValidationError (`machineId`, `pairingId`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { revokeAgentPairing } from "@peaqos/peaq-os-sdk/orchestration";
 * await revokeAgentPairing(client, "mach_61f043950cf1", "pair_67c50f8fdd3c");
 * ```
 */
export async function revokeAgentPairing(
  client: OrchestrationContext,
  machineId: string,
  pairingId: string,
  request?: RequestOptions,
): Promise<void> {
  assertFilled({ machineId, pairingId });
  return callEmpty(client, "revokeAgentPairing", { params: { machineId, pairingId } }, request);
}

/**
 * What a pairing may still spend today, in the currency of its policy; a day is a UTC day. Ours. With a
 * `pairingToken`, the token alone is sent; without one, the platform's key.
 *
 * @throws OrchestrationValidationError (`machineId`, `pairingId`, `pairingToken`); OrchestrationApiError (NOT_FOUND);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getPairingAllowance } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getPairingAllowance(client, "mach_61f043950cf1", "pair_67c50f8fdd3c", pairingToken);
 * console.log(item.remainingToday, item.currency); // 4.75 "USD"
 * ```
 */
export async function getPairingAllowance(
  client: OrchestrationContext,
  machineId: string,
  pairingId: string,
  pairingToken?: string,
  request?: RequestOptions,
): Promise<ItemResponse<PairingAllowance>> {
  assertFilled({ machineId, pairingId });
  const token = pairingToken === undefined ? {} : { pairingToken };
  return callItem(client, "getPairingAllowance", { params: { machineId, pairingId }, ...token }, request);
}
