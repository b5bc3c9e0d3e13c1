import type { Challenges } from "../identity/challenges.ts";
import type { Identity } from "../identity/identity.ts";
import { attempt } from "../kit/attempt.ts";
import { notFound } from "../kit/errors.ts";
import type { MarketRequestOf } from "../kit/handlers.ts";
import { item, noContent } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import type { Policies } from "../policies/policies.ts";
import { createMachineCreate } from "./create.ts";
import { createMachineList } from "./list.ts";
import type { Machines } from "./machines.ts";
import { identitySubject, notActivated, resolved, standingOf } from "./proof.ts";
import { lockMachine, type MachineRow, updateMachineRow } from "./store.ts";
import { createMachineUpdate } from "./update.ts";
import { machineView } from "./view.ts";

export type MachineParts = {
  readonly identity: Identity;
  readonly policies: Pick<Policies, "forMachine">;
  readonly challenges: Challenges;
  readonly find: Machines["find"];
};

export function createMachineHandlers(market: Market, parts: MachineParts): Machines["handlers"] {
  const { config, write } = market;
  const verification = config.PEAQOS_MACHINE_IDENTITY_VERIFICATION;
  const { identity: identities, challenges, find } = parts;

  async function createMachineIdentityChallenge(request: MarketRequestOf<"createMachineIdentityChallenge">) {
    const { tenantId } = request.caller;
    const { identityRef } = request.body;
    const identity = await attempt(() => resolved(identities, identityRef));
    const view = await write(request, async (tx) => {
      const { controllerAddresses } = identity();
      const challenge = await challenges.issue(tx, identitySubject(tenantId, identityRef));
      if (challenge.isNew)
        tx.audit({
          type: "identity.challenge.created",
          resourceType: "machine",
          resourceId: identityRef,
          machineId: null,
          payload: { challengeId: challenge.id, identityRef, purpose: "machine-identity" },
        });
      return {
        challengeId: challenge.id,
        identityRef,
        message: challenge.message,
        expiresAt: challenge.expiresAt.toISOString(),
        verificationMethod: "eip191",
        controllerAddresses,
      };
    });
    return item(view, 201);
  }

  /** Every read asks again whether the proof still holds. */
  async function getMachine({ params, caller }: MarketRequestOf<"getMachine">) {
    const row = await find(params.machineId, caller.tenantId);
    const shownAsItIs =
      row.status === "archived" ||
      verification === "off" ||
      (verification === "optional" && row.identity_proof === null);
    if (!shownAsItIs) {
      const standing = await standingOf(identities, row, { bond: false });
      if (!standing.ok) throw notActivated(standing);
    }
    return item(machineView(row));
  }

  async function archive(tx: WriteTx, row: MachineRow): Promise<void> {
    await updateMachineRow(tx.client, { ...row, status: "archived", updated_at: tx.now });
    tx.audit({
      type: "machine.archived",
      resourceType: "machine",
      resourceId: row.id,
      machineId: row.id,
      payload: { before: { status: row.status }, after: { status: "archived" } },
    });
  }

  return {
    createMachineIdentityChallenge,
    createMachine: createMachineCreate(market, parts),
    updateMachine: createMachineUpdate(market, parts),
    listMachines: createMachineList(market, parts),
    getMachine,
    /** Done twice it is still archived. */
    async archiveMachine(request) {
      const { machineId } = request.params;
      await write(request, async (tx) => {
        const row = await lockMachine(tx.client, request.caller.tenantId, machineId, "update");
        if (row === undefined) throw notFound("machine", machineId);
        if (row.status !== "archived") await archive(tx, row);
        return null;
      });
      return noContent;
    },
  };
}
