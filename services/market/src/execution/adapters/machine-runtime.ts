import { type Allowed, allowedAddresses } from "@peaqos/service-kit";
import type { Agents } from "../../agents/agents.ts";
import { authHeaders } from "../../agents/probe.ts";
import { allowedFor } from "../../agents/scope.ts";
import { fail } from "../../kit/errors.ts";
import type { Market } from "../../kit/market.ts";
import type { Contract } from "../contract.ts";
import type { Adapter } from "./adapter.ts";
import { commonHeaders, exchange } from "./exchange.ts";

/**
 * Providers on the machine's own side: the endpoint that an operator or a heartbeat has named for the provider. The
 * operation's path comes from the contract (`providerRequest.path`, body: the input); without one the call is
 * `POST /v1/execute` with `{ operation, input }`. The endpoint is looked up for each request: an expired lease is gone.
 */

const defaultPath = "/v1/execute";

function pathOf(contract: Contract): string | null {
  const path = contract.providerRequest?.path;
  return typeof path === "string" && path.startsWith("/") ? path : null;
}

const widths: readonly Allowed[] = ["public", "loopback", "all"];

/** What is named public must be public, and the deployment's own limit holds whatever an endpoint says. */
const stricter = (a: Allowed, b: Allowed): Allowed => (widths.indexOf(a) < widths.indexOf(b) ? a : b);

export function createMachineRuntime(market: Market, agents: Agents): Adapter {
  const { config } = market;
  const allowed = allowedAddresses[config.PEAQOS_ALLOW_PRIVATE_URLS];
  return {
    name: "machine-runtime",
    async plan(service, contract, machineId) {
      const isMachineSide =
        service.executionMode === "native" && !service.endpoints.some((each) => (each.url ?? "") !== "");
      if (!isMachineSide) return null;
      const live = await agents.liveEndpoint(machineId, service.providerKey);
      if (live === null)
        throw fail(
          "ENDPOINT_UNREACHABLE",
          `machine ${machineId} has no live runtime endpoint for provider ${service.providerKey}`,
          { reason: "no_live_endpoint", machineId, providerKey: service.providerKey },
        );
      return {
        place: {
          adapter: "machine-runtime",
          origin: `runtime:${live.id}`,
          url: null,
          path: pathOf(contract) ?? defaultPath,
        },
        handoff: null,
      };
    },
    async perform(call, signal) {
      const { contract, machineId, service } = call;
      const live = await agents.liveEndpoint(machineId, service.providerKey);
      if (live === null)
        return { kind: "unreachable", message: "the machine's runtime endpoint is no longer live" };
      const path = pathOf(contract);
      const model = live.modelAlias === null ? {} : { model: live.modelAlias };
      const body =
        path === null
          ? { operation: contract.operation, input: call.input, ...model }
          : { ...model, ...call.input };
      return exchange(
        { ...call, credentials: live.authToken === null ? {} : { token: live.authToken } },
        `${live.baseUrl.replace(/\/+$/, "")}${path ?? defaultPath}`,
        { ...authHeaders(live.authType, live.authToken), ...commonHeaders(call) },
        body,
        {
          allow: stricter(allowed, allowedFor(live.networkScope)),
          timeoutMs: config.PEAQOS_EXECUTION_TIMEOUT_MS,
        },
        signal,
      );
    },
  };
}
