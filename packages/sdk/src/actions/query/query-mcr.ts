import type { ClientContext } from "../../context.ts";
import { getJson } from "../../http/api.ts";
import { guardMcr } from "../../http/guards.ts";
import { checkDid } from "../../validate/did.ts";
import type { MCRResponse } from "./types.ts";

/**
 * The Machine Credit Rating of a machine, from the rating service.
 *
 * @param did `did:peaq:0x` and 40 hexadecimal digits.
 * @throws ValidationError (`did`); ApiError `NOT_FOUND`, `SERVICE_UNAVAILABLE`, `SERVER_ERROR`, `HTTP_ERROR`,
 * `BAD_RESPONSE`, `TIMEOUT` (30 s), `NETWORK_ERROR`.
 * @example
 * ```ts
 * import { queryMcr } from "@peaqos/peaq-os-sdk";
 * const { mcr, mcrScore } = await queryMcr(client, ratedDid); // "A", 82
 * ```
 */
export async function queryMcr(client: ClientContext, did: string): Promise<MCRResponse> {
  return guardMcr(await getJson(client.api, `/mcr/${checkDid(did)}`));
}
