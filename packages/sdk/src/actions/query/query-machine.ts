import type { ClientContext } from "../../context.ts";
import { getJson } from "../../http/api.ts";
import { guardMachineProfile } from "../../http/guards.ts";
import { checkDid } from "../../validate/did.ts";
import type { MachineProfile } from "./types.ts";

/**
 * The full profile of a machine, from the rating service.
 *
 * @param did `did:peaq:0x` and 40 hexadecimal digits.
 * @throws ValidationError (`did`); ApiError as `queryMcr`.
 * @example
 * ```ts
 * import { queryMachine } from "@peaqos/peaq-os-sdk";
 * const { peaqos } = await queryMachine(client, ratedDid);
 * if ("eventData" in peaqos) console.log(peaqos.eventData.length);
 * ```
 */
export async function queryMachine(client: ClientContext, did: string): Promise<MachineProfile> {
  return guardMachineProfile(await getJson(client.api, `/machine/${checkDid(did)}`));
}
