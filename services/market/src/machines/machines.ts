import type { PoolClient } from "pg";
import type { Identity } from "../identity/identity.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import { missing } from "../kit/missing.ts";
import type { MachineRow } from "./store.ts";

export type Machines = {
  readonly handlers: MarketHandlers<
    | "createMachineIdentityChallenge"
    | "listMachines"
    | "createMachine"
    | "getMachine"
    | "updateMachine"
    | "archiveMachine"
  >;
  /**
   * The machine, active and confirmed by the rating service now. Asks over HTTP: never call it inside a transaction.
   *
   * @throws HttpError NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE.
   */
  confirmed(machineId: string, tenantId: string): Promise<MachineRow>;
  /** Inside a transaction: exists and is active. @throws HttpError NOT_FOUND, MACHINE_NOT_ACTIVE. */
  requireActive(client: PoolClient, machineId: string, tenantId: string): Promise<MachineRow>;
};

export function createMachines(_market: Market, _deps: { identity: Identity }): Machines {
  return {
    handlers: missing(
      "createMachineIdentityChallenge",
      "listMachines",
      "createMachine",
      "getMachine",
      "updateMachine",
      "archiveMachine",
    ),
    confirmed: () => Promise.reject(new Error("not built yet")),
    requireActive: () => Promise.reject(new Error("not built yet")),
  };
}
