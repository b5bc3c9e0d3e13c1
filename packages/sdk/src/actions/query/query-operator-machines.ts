import type { ClientContext } from "../../context.ts";
import { getJson } from "../../http/api.ts";
import { guardOperatorMachines } from "../../http/guards.ts";
import { checkDid } from "../../validate/did.ts";
import { checkUint } from "../../validate/values.ts";
import type { OperatorMachine, OperatorMachinesResponse } from "./types.ts";

/** Which page of a fleet. Ours; without it the service's first page comes back, as published. */
export type PageOptions = {
  /** Entries to leave out; default 0. */
  readonly offset?: number;
  /** Entries on the page; default the service's. */
  readonly limit?: number;
};

/**
 * One page of the machines an operator manages, from the rating service.
 *
 * @param did the operator's DID.
 * @throws ValidationError (`did`, `offset`, `limit`); ApiError as `queryMcr`.
 * @example
 * ```ts
 * import { queryOperatorMachines } from "@peaqos/peaq-os-sdk";
 * const { machines, pagination } = await queryOperatorMachines(client, operatorDid);
 * ```
 */
export async function queryOperatorMachines(
  client: ClientContext,
  did: string,
  page: PageOptions = {},
): Promise<OperatorMachinesResponse> {
  if (page.offset !== undefined) checkUint("offset", page.offset);
  if (page.limit !== undefined) checkUint("limit", page.limit, 1n);
  const path = `/operator/${checkDid(did)}/machines`;
  return guardOperatorMachines(
    await getJson(client.api, path, { query: { offset: page.offset, limit: page.limit } }),
  );
}

/**
 * All machines an operator manages, page by page. Ours.
 *
 * @throws ValidationError (`did`, `limit`); ApiError as `queryMcr`.
 * @example
 * ```ts
 * import { queryOperatorMachinesAll } from "@peaqos/peaq-os-sdk";
 * for await (const machine of queryOperatorMachinesAll(client, operatorDid)) console.log(machine.did, machine.mcr);
 * ```
 */
export async function* queryOperatorMachinesAll(
  client: ClientContext,
  did: string,
  options: { readonly limit?: number } = {},
): AsyncGenerator<OperatorMachine, void, undefined> {
  let offset = 0;
  for (;;) {
    const { machines, pagination } = await queryOperatorMachines(client, did, {
      ...(offset > 0 && { offset }),
      ...(options.limit !== undefined && { limit: options.limit }),
    });
    yield* machines;
    // A page can be short because unregistered ids were dropped from it: the service's own step counts.
    offset = pagination.offset + pagination.limit;
    if (pagination.limit === 0 || offset >= pagination.total) return;
  }
}
