import { fail } from "../../kit/errors.ts";
import type { Contract, ExecutableService } from "../contract.ts";
import type { ProviderCall } from "./adapter.ts";

/**
 * How a provider wants the buyer's credentials. The contract's `providerRequest.credentials` says it:
 * `[{ "name": "apiKey", "header": "x-api-key", "prefix": "" }]`. Without it, `authType` does: `bearer` is
 * `authorization: Bearer <token>`, `api-key` is `x-api-key: <apiKey>`, everything else sends none.
 */

type Slot = { readonly name: string; readonly header: string; readonly prefix: string };

/** Headers that carry the call itself. */
const reserved =
  /^(host|content-.*|transfer-encoding|connection|idempotency-key|x-peaqos-.*|user-agent|accept)$/;
const headerName = /^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/;

function slotsOf(service: ExecutableService, contract: Contract): Slot[] {
  const named = contract.providerRequest?.credentials;
  if (Array.isArray(named))
    return named.flatMap((each: unknown) => {
      const { name, header, prefix } = (each ?? {}) as Record<string, unknown>;
      if (typeof name !== "string" || typeof header !== "string") return [];
      const lower = header.toLowerCase();
      if (!headerName.test(lower) || reserved.test(lower)) return [];
      return [{ name, header: lower, prefix: typeof prefix === "string" ? prefix : "" }];
    });
  if (service.authType === "bearer") return [{ name: "token", header: "authorization", prefix: "Bearer " }];
  if (service.authType === "api-key") return [{ name: "apiKey", header: "x-api-key", prefix: "" }];
  return [];
}

/** Whether the provider is sent any credentials at all. */
export function wantsCredentials(service: ExecutableService, contract: Contract): boolean {
  return slotsOf(service, contract).length > 0;
}

/** @throws HttpError EXECUTION_UNSUPPORTED when the buyer lacks what the provider asks for. */
export function missingCredential(
  service: ExecutableService,
  contract: Contract,
  credentials: ReadonlySet<string>,
): void {
  const missing = slotsOf(service, contract).filter((slot) => !credentials.has(slot.name));
  if (missing.length === 0) return;
  const names = missing.map((slot) => slot.name);
  throw fail(
    "EXECUTION_UNSUPPORTED",
    `${service.name} needs ${names.join(", ")} of provider ${service.providerKey}: order with providerCredentials, or configure the skill ${service.skillKey}`,
    { reason: "credentials_required", providerKey: service.providerKey, names },
  );
}

/** Control characters would end a header. */
const headerSafe = (text: string) => text.replace(/[^\x20-\x7e]/g, "");

export function credentialHeaders(call: ProviderCall): Record<string, string> {
  return Object.fromEntries(
    slotsOf(call.service, call.contract).flatMap(({ name, header, prefix }) => {
      const secret = call.credentials[name];
      return secret === undefined ? [] : [[header, headerSafe(`${prefix}${secret}`)]];
    }),
  );
}
