import type { OrchestrationContext } from "./api.ts";
import { callItem, callList, type ItemResponse, type ListQuery, type ListResponse } from "./call.ts";
import { assertFilled } from "./checks.ts";
import type { RequestOptions } from "./transport.ts";
import type { CreatePolicyRequest, Policy, UpdatePolicyRequest } from "./types.ts";

/** Policies beside the pairings' own. */

/**
 * One page of the policies.
 *
 * @throws OrchestrationValidationError (`limit`); OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listPolicies } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listPolicies(client);
 * ```
 */
export async function listPolicies(
  client: OrchestrationContext,
  options: ListQuery = {},
  request?: RequestOptions,
): Promise<ListResponse<Policy>> {
  return callList(client, "listPolicies", { query: options }, request);
}

/**
 * Creates a policy.
 *
 * `budgetCap.amount` is in `budgetCap.currency`.
 *
 * @throws OrchestrationValidationError (`name`); OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createPolicy } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createPolicy(client, { name: "Europe only", regionRules: ["eu"] });
 * ```
 */
export async function createPolicy(
  client: OrchestrationContext,
  params: CreatePolicyRequest,
  request?: RequestOptions,
): Promise<ItemResponse<Policy>> {
  assertFilled({ name: params?.name });
  return callItem(client, "createPolicy", { body: params }, request);
}

/**
 * Changes the fields that are given.
 *
 * @throws OrchestrationValidationError (`policyId`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { updatePolicy } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await updatePolicy(client, "pol_0123456789ab", { nativeOnly: true });
 * ```
 */
export async function updatePolicy(
  client: OrchestrationContext,
  policyId: string,
  params: UpdatePolicyRequest,
  request?: RequestOptions,
): Promise<ItemResponse<Policy>> {
  assertFilled({ policyId });
  return callItem(client, "updatePolicy", { params: { policyId }, body: params }, request);
}

/**
 * Reads a policy. Ours.
 *
 * @throws OrchestrationValidationError (`policyId`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getPolicy } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getPolicy(client, "pol_0123456789ab");
 * ```
 */
export async function getPolicy(
  client: OrchestrationContext,
  policyId: string,
  request?: RequestOptions,
): Promise<ItemResponse<Policy>> {
  assertFilled({ policyId });
  return callItem(client, "getPolicy", { params: { policyId } }, request);
}
