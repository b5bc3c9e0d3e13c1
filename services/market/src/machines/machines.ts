import type { PoolClient } from "pg";
import { createChallenges } from "../identity/challenges.ts";
import type { Identity } from "../identity/identity.ts";
import { fail, notFound } from "../kit/errors.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { Policies } from "../policies/policies.ts";
import { createMachineHandlers } from "./handlers.ts";
import { notActivated, standingOf } from "./proof.ts";
import { findMachine, findMachines, lockMachine, type MachineRow } from "./store.ts";

/** Machines: who they are (proven with a signature), and whether they may act. */

export type Machines = {
  readonly handlers: MarketHandlers<
    | "createMachineIdentityChallenge"
    | "listMachines"
    | "createMachine"
    | "getMachine"
    | "updateMachine"
    | "archiveMachine"
  >;
  /** The machine, whatever its state. @throws HttpError NOT_FOUND. */
  find(machineId: string, tenantId: string): Promise<MachineRow>;
  /** Many in one read, by id, for callers that were let in for them. */
  findMany(client: PoolClient, machineIds: readonly string[]): Promise<Map<string, MachineRow>>;
  /**
   * The machine, active and confirmed by the rating service now. Asks over HTTP: never call it inside a transaction.
   *
   * @throws HttpError NOT_FOUND, MACHINE_NOT_ACTIVE, MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE.
   */
  confirmed(machineId: string, tenantId: string): Promise<MachineRow>;
  /**
   * The rating service's word alone, about a machine read before: for callers that check the row itself, locked, in
   * their transaction.
   *
   * @throws HttpError MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE.
   */
  reconfirm(row: MachineRow): Promise<void>;
  /**
   * Inside a transaction: exists and is active, and stays so until it ends.
   *
   * @throws HttpError NOT_FOUND, MACHINE_NOT_ACTIVE.
   */
  requireActive(client: PoolClient, machineId: string, tenantId: string): Promise<MachineRow>;
  /** Inside a transaction: the machine, whatever its state, held against other writers. @throws HttpError NOT_FOUND. */
  lock(client: PoolClient, machineId: string, tenantId: string): Promise<MachineRow>;
};

function checkActive(row: MachineRow): void {
  if (row.status !== "active")
    throw fail("MACHINE_NOT_ACTIVE", `machine ${row.id} is ${row.status}`, {
      machineId: row.id,
      status: row.status,
    });
}

export function createMachines(
  market: Market,
  deps: { identity: Identity; policies: Pick<Policies, "forMachine"> },
): Machines {
  const { config, database } = market;
  const challenges = createChallenges(market);

  async function find(machineId: string, tenantId: string): Promise<MachineRow> {
    const row = await findMachine(database.pool, tenantId, machineId);
    if (row === undefined) throw notFound("machine", machineId);
    return row;
  }

  return {
    handlers: createMachineHandlers(market, {
      identity: deps.identity,
      policies: deps.policies,
      challenges,
      find,
    }),
    find,
    findMany: findMachines,
    async confirmed(machineId, tenantId) {
      const row = await find(machineId, tenantId);
      checkActive(row);
      if (config.PEAQOS_MACHINE_IDENTITY_VERIFICATION === "off") return row;
      const standing = await standingOf(deps.identity, row, { bond: true });
      if (!standing.ok) throw notActivated(standing);
      return row;
    },
    async reconfirm(row) {
      if (config.PEAQOS_MACHINE_IDENTITY_VERIFICATION === "off") return;
      const standing = await standingOf(deps.identity, row, { bond: true });
      if (!standing.ok) throw notActivated(standing);
    },
    async requireActive(client, machineId, tenantId) {
      const row = await lockMachine(client, tenantId, machineId, "share");
      if (row === undefined) throw notFound("machine", machineId);
      checkActive(row);
      return row;
    },
    async lock(client, machineId, tenantId) {
      const row = await lockMachine(client, tenantId, machineId, "update");
      if (row === undefined) throw notFound("machine", machineId);
      return row;
    },
  };
}
