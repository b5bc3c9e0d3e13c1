import type { ClientContext } from "../../context.ts";
import { getJson } from "../../http/api.ts";
import { guardExplanation, guardHistory, guardInputs } from "../../http/guards.ts";
import { checkDid } from "../../validate/did.ts";
import type { Basis, MCRExplanation, MCRHistory, MCRInput, MCRInputs } from "./types.ts";

/** For which moment. */
export type ExplainOptions = {
  /** Unix seconds; default now. */
  readonly asOf?: number;
  /** `known`: events recorded by then; `dated`: events dated by then. Default the service's. */
  readonly basis?: Basis;
};

/** For which span. */
export type HistoryOptions = {
  /** Unix seconds. */
  readonly from?: number;
  /** Unix seconds. */
  readonly to?: number;
  /** Seconds between two items, at least 86400. */
  readonly step?: number;
  readonly basis?: Basis;
};

/** Which page. */
export type InputsOptions = {
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
  /** 1 to 500; default the service's (100). */
  readonly limit?: number;
};

/**
 * Why a rating is what it is: gates, points of each factor with a reason in words, and what would raise it. Ours.
 *
 * @throws ValidationError (`did`); ApiError as `queryMcr`.
 * @example
 * ```ts
 * import { queryMcrExplain } from "@peaqos/peaq-os-sdk";
 * const { rawScore, factors } = await queryMcrExplain(client, ratedDid);
 * for (const { id, points, max, reason } of factors) console.log(id, `${points}/${max}`, reason);
 * ```
 */
export async function queryMcrExplain(
  client: ClientContext,
  did: string,
  options: ExplainOptions = {},
): Promise<MCRExplanation> {
  const query = { as_of: options.asOf, basis: options.basis };
  return guardExplanation(await getJson(client.api, `/mcr/${checkDid(did)}/explain`, { query }));
}

/**
 * A rating over time, at most 400 moments. Ours.
 *
 * @throws ValidationError (`did`); ApiError as `queryMcr`.
 * @example
 * ```ts
 * import { queryMcrHistory } from "@peaqos/peaq-os-sdk";
 * const { items } = await queryMcrHistory(client, ratedDid, { step: 86_400 });
 * ```
 */
export async function queryMcrHistory(
  client: ClientContext,
  did: string,
  options: HistoryOptions = {},
): Promise<MCRHistory> {
  const { from, to, step, basis } = options;
  const query = { from, to, step, basis };
  return guardHistory(await getJson(client.api, `/mcr/${checkDid(did)}/history`, { query }));
}

/**
 * One page of everything a rating follows from, in chain order, so that anyone can recompute it. Ours.
 *
 * @throws ValidationError (`did`); ApiError as `queryMcr`.
 * @example
 * ```ts
 * import { queryMcrInputs } from "@peaqos/peaq-os-sdk";
 * const { machine, items, nextCursor } = await queryMcrInputs(client, ratedDid, { limit: 100 });
 * ```
 */
export async function queryMcrInputs(
  client: ClientContext,
  did: string,
  options: InputsOptions = {},
): Promise<MCRInputs> {
  const { cursor, limit } = options;
  return guardInputs(await getJson(client.api, `/mcr/${checkDid(did)}/inputs`, { query: { cursor, limit } }));
}

/**
 * All events a rating follows from, page by page. Ours.
 *
 * @throws ValidationError (`did`); ApiError as `queryMcr`.
 * @example
 * ```ts
 * import { queryMcrInputsAll } from "@peaqos/peaq-os-sdk";
 * for await (const item of queryMcrInputsAll(client, ratedDid)) console.log(item.timestamp, item.trustEffective);
 * ```
 */
export async function* queryMcrInputsAll(
  client: ClientContext,
  did: string,
  options: { readonly limit?: number } = {},
): AsyncGenerator<MCRInput, void, undefined> {
  let cursor: string | undefined;
  do {
    const page = await queryMcrInputs(client, did, { ...options, ...(cursor !== undefined && { cursor }) });
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
