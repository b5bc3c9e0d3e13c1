import { allowedAddresses } from "@peaqos/service-kit";
import type { Market } from "../../kit/market.ts";
import type { Adapter } from "./adapter.ts";
import { commonHeaders, exchange } from "./exchange.ts";
import { credentialHeaders, missingCredential } from "./provider-auth.ts";

/**
 * Sellers on a URL of their own: `POST {endpoint.url}{endpoint.path}` with the input as the body. The contract between
 * market and seller, "peaqos-http-1", is written down in examples/seller-template/README.md.
 */

export const protocol = "peaqos-http-1";

export function createPeaqosHttp({ config }: Market): Adapter {
  const limits = {
    allow: allowedAddresses[config.PEAQOS_ALLOW_PRIVATE_URLS],
    timeoutMs: config.PEAQOS_EXECUTION_TIMEOUT_MS,
  };
  return {
    name: protocol,
    async plan(service, contract, _machineId, credentials) {
      if (service.executionMode !== "native") return null;
      const endpoint = service.endpoints.find(
        (each) =>
          (each.operation ?? contract.operation) === contract.operation &&
          each.protocols.includes(protocol) &&
          (each.url ?? "") !== "",
      );
      if (endpoint === undefined) return null;
      missingCredential(service, contract, credentials);
      const url = `${(endpoint.url ?? "").replace(/\/+$/, "")}${endpoint.path ?? ""}`;
      const origin = URL.canParse(url) ? new URL(url).origin : url;
      return { place: { adapter: protocol, origin, url, path: endpoint.path }, handoff: null };
    },
    perform: (call, signal) =>
      exchange(
        call,
        call.place.url ?? "",
        { ...credentialHeaders(call), ...commonHeaders(call) },
        call.input,
        limits,
        signal,
      ),
  };
}
