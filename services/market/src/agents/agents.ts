import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";
import type { Machines } from "../machines/machines.ts";

/** Agents on machines, their heartbeats, and runtime endpoints. */

export type LiveEndpoint = {
  readonly id: string;
  readonly baseUrl: string;
  readonly authType: "none" | "api-key" | "bearer";
  readonly authToken: string | null;
  readonly modelAlias: string | null;
  readonly networkScope: "loopback" | "lan" | "vpn" | "public";
};

export type Agents = {
  readonly handlers: MarketHandlers<
    | "listMachineAgents"
    | "enrollMachineAgent"
    | "revokeMachineAgent"
    | "machineAgentHeartbeat"
    | "listRuntimeEndpoints"
    | "getRuntimeEndpoint"
    | "upsertRuntimeEndpoint"
    | "deleteRuntimeEndpoint"
  >;
  /** The machine's live endpoint for a provider, its credentials opened; null when none is active. Never across leases. */
  liveEndpoint(machineId: string, providerKey: string): Promise<LiveEndpoint | null>;
  /** Providers, in lower case, of which the machine has a live endpoint now: one read, for searches. */
  liveProviders(machineId: string): Promise<readonly string[]>;
};

export function createAgents(_market: Market, _deps: { machines: Machines }): Agents {
  return {
    jobs: {},
    start: async () => undefined,
    stop: async () => undefined,
    liveProviders: async () => [],
    handlers: missing(
      "listMachineAgents",
      "enrollMachineAgent",
      "revokeMachineAgent",
      "machineAgentHeartbeat",
      "listRuntimeEndpoints",
      "getRuntimeEndpoint",
      "upsertRuntimeEndpoint",
      "deleteRuntimeEndpoint",
    ),
  } as never;
}
