import type { OrchestrationContext } from "./api.ts";
import {
  callEmpty,
  callItem,
  callList,
  type ItemResponse,
  type ListQuery,
  type ListResponse,
} from "./call.ts";
import { assertFilled } from "./checks.ts";
import { hideFields } from "./redact.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  CreatePlatformKeyRequest,
  NewPlatformKey,
  PlatformKey,
  RotatePlatformKeyRequest,
} from "./types.ts";

/** Platform keys of a tenant. All of these need a key with the scope `keys`. */

/**
 * One page of the tenant's keys: names, scopes and times, never the keys themselves. Ours.
 *
 * @throws OrchestrationValidationError (`limit`); OrchestrationApiError (FORBIDDEN); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listPlatformKeys } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listPlatformKeys(client);
 * ```
 */
export async function listPlatformKeys(
  client: OrchestrationContext,
  options: ListQuery = {},
  request?: RequestOptions,
): Promise<ListResponse<PlatformKey>> {
  return callList(client, "listPlatformKeys", { query: options }, request);
}

/**
 * Creates a key. The answer holds `key`, once; JSON and inspectors show `[REDACTED]` in its place. Ours.
 *
 * @throws OrchestrationValidationError (`name`); OrchestrationApiError (VALIDATION_ERROR, FORBIDDEN);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { createPlatformKey } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await createPlatformKey(client, { name: "Operations", scopes: ["read", "write"] });
 * ```
 */
export async function createPlatformKey(
  client: OrchestrationContext,
  params: CreatePlatformKeyRequest,
  request?: RequestOptions,
): Promise<ItemResponse<NewPlatformKey>> {
  assertFilled({ name: params?.name });
  const answer = await callItem(client, "createPlatformKey", { body: params }, request);
  return { item: hideFields(answer.item, ["key"]) };
}

/**
 * Puts a new key in the place of another, which goes on working for `graceSeconds` (at most a week, default 0). The
 * answer holds the new `key`, once; JSON and inspectors show `[REDACTED]` in its place. Ours.
 *
 * @throws OrchestrationValidationError (`keyId`); OrchestrationApiError (NOT_FOUND, FORBIDDEN);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { rotatePlatformKey } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await rotatePlatformKey(client, "pkey_0123456789ab", { graceSeconds: 3600 });
 * ```
 */
export async function rotatePlatformKey(
  client: OrchestrationContext,
  keyId: string,
  params: RotatePlatformKeyRequest = {},
  request?: RequestOptions,
): Promise<ItemResponse<NewPlatformKey>> {
  assertFilled({ keyId });
  const answer = await callItem(client, "rotatePlatformKey", { params: { keyId }, body: params }, request);
  return { item: hideFields(answer.item, ["key"]) };
}

/**
 * Revokes a key; it opens nothing from then on. Ours.
 *
 * @throws OrchestrationValidationError (`keyId`); OrchestrationApiError (NOT_FOUND, FORBIDDEN);
 * OrchestrationNetworkError.
 * @example
 * ```ts
 * import { revokePlatformKey } from "@peaqos/peaq-os-sdk/orchestration";
 * await revokePlatformKey(client, "pkey_0123456789ab");
 * ```
 */
export async function revokePlatformKey(
  client: OrchestrationContext,
  keyId: string,
  request?: RequestOptions,
): Promise<void> {
  assertFilled({ keyId });
  return callEmpty(client, "revokePlatformKey", { params: { keyId } }, request);
}
