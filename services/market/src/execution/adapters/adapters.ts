import type { Agents } from "../../agents/agents.ts";
import { fail } from "../../kit/errors.ts";
import type { Market } from "../../kit/market.ts";
import type { Contract, ExecutableService } from "../contract.ts";
import type { Adapter, Planned } from "./adapter.ts";
import { handOff } from "./hand-off.ts";
import { createMachineRuntime } from "./machine-runtime.ts";
import { createPeaqosHttp } from "./peaqos-http.ts";

/** All ways to execute, in the order they are asked. */
export type Adapters = {
  /** @throws HttpError EXECUTION_UNSUPPORTED, ENDPOINT_UNREACHABLE. */
  plan(
    service: ExecutableService,
    contract: Contract,
    machineId: string,
    credentials: ReadonlySet<string>,
  ): Promise<Planned>;
  named(name: string): Adapter;
};

export function createAdapters(market: Market, agents: Agents): Adapters {
  const list: readonly Adapter[] = [handOff, createPeaqosHttp(market), createMachineRuntime(market, agents)];
  return {
    async plan(service, contract, machineId, credentials) {
      for (const adapter of list) {
        const planned = await adapter.plan(service, contract, machineId, credentials);
        if (planned !== null) return planned;
      }
      throw fail(
        "EXECUTION_UNSUPPORTED",
        `${service.name} cannot be executed here: ${contract.operation} has no endpoint that this market can call`,
        { reason: "no_adapter", serviceId: service.id, operation: contract.operation },
      );
    },
    named(name) {
      const adapter = list.find((each) => each.name === name);
      if (adapter === undefined) throw new Error(`no adapter ${name}`);
      return adapter;
    },
  };
}
