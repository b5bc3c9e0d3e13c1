import type { OrchestrationContext } from "./api.ts";
import {
  allPages,
  callItem,
  callList,
  type ItemResponse,
  type ListResponse,
  withRedactedDetails,
} from "./call.ts";
import { assertFilled } from "./checks.ts";
import type { RequestOptions } from "./transport.ts";
import type {
  ListSkillsOptions,
  SkillConfigResponse,
  SkillManifest,
  SkillSummary,
  UpdateSkillConfigRequest,
} from "./types.ts";

/** Skills and their configuration. */

/**
 * One page of the skills.
 *
 * @throws OrchestrationValidationError (`limit`); OrchestrationApiError; OrchestrationNetworkError.
 * @example
 * ```ts
 * import { listSkills } from "@peaqos/peaq-os-sdk/orchestration";
 * const { items, nextCursor } = await listSkills(client, { direction: "machine-consumes" });
 * ```
 */
export async function listSkills(
  client: OrchestrationContext,
  options: ListSkillsOptions = {},
  request?: RequestOptions,
): Promise<ListResponse<SkillSummary>> {
  return callList(client, "listSkills", { query: options }, request);
}

/**
 * Every row of `listSkills`, page by page; filters and limit repeat on each page.
 *
 * @throws what `listSkills` throws, at the first row of the page concerned.
 * @example
 * ```ts
 * import { listSkillsAll } from "@peaqos/peaq-os-sdk/orchestration";
 * for await (const row of listSkillsAll(client)) console.log(row);
 * ```
 */
export function listSkillsAll(
  client: OrchestrationContext,
  options: Omit<ListSkillsOptions, "cursor"> = {},
  request?: RequestOptions,
): AsyncGenerator<SkillSummary, void, undefined> {
  return allPages((query) => listSkills(client, query, request), options);
}

/**
 * Reads a skill.
 *
 * @throws OrchestrationValidationError (`skillKey`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getSkill } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getSkill(client, "price-feed");
 * ```
 */
export async function getSkill(
  client: OrchestrationContext,
  skillKey: string,
  request?: RequestOptions,
): Promise<ItemResponse<SkillSummary>> {
  assertFilled({ skillKey });
  return callItem(client, "getSkill", { params: { skillKey } }, request);
}

/**
 * Reads what a skill takes and gives.
 *
 * @throws OrchestrationValidationError (`skillKey`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { getSkillManifest } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await getSkillManifest(client, "price-feed");
 * ```
 */
export async function getSkillManifest(
  client: OrchestrationContext,
  skillKey: string,
  request?: RequestOptions,
): Promise<ItemResponse<SkillManifest>> {
  assertFilled({ skillKey });
  return callItem(client, "getSkillManifest", { params: { skillKey } }, request);
}

/**
 * Configures a skill. Credentials are kept encrypted and never shown again; details of an error are redacted.
 *
 * @throws OrchestrationValidationError (`skillKey`); OrchestrationApiError (NOT_FOUND); OrchestrationNetworkError.
 * @example
 * ```ts
 * import { updateSkillConfig } from "@peaqos/peaq-os-sdk/orchestration";
 * const { item } = await updateSkillConfig(client, "price-feed", { enabled: true, settings: { max_retries: 3 } });
 * ```
 */
export async function updateSkillConfig(
  client: OrchestrationContext,
  skillKey: string,
  params: UpdateSkillConfigRequest,
  request?: RequestOptions,
): Promise<ItemResponse<SkillConfigResponse>> {
  assertFilled({ skillKey });
  return withRedactedDetails(
    callItem(client, "updateSkillConfig", { params: { skillKey }, body: params }, request),
  );
}
