import { attempt } from "../kit/attempt.ts";
import { fail, invalid } from "../kit/errors.ts";
import { item, type MarketHandler } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import type { Policies } from "../policies/policies.ts";
import type { MachineParts } from "./handlers.ts";
import { proofColumns, proveIdentity } from "./proof.ts";
import { findByIdentity, insertMachine, type MachineRow } from "./store.ts";
import { machineView } from "./view.ts";

/** @throws HttpError MACHINE_IDENTITY_EXISTS, which names the machine when it is the caller's own. */
export async function refuseTaken(
  tx: WriteTx,
  identityRef: string,
  registryId: string | null,
  exceptId: string,
): Promise<void> {
  const other = await findByIdentity(tx.client, identityRef, registryId, exceptId);
  if (other !== undefined) throw taken(tx, identityRef, other);
}

export function taken(
  tx: WriteTx,
  identityRef: string,
  other: Pick<MachineRow, "id" | "tenant_id" | "status"> | undefined,
) {
  const isOwn = other?.tenant_id === tx.caller.tenantId;
  return fail(
    "MACHINE_IDENTITY_EXISTS",
    isOwn
      ? `${identityRef} is machine ${other?.id}, which is ${other?.status}`
      : `${identityRef} is registered already`,
    { identityRef, ...(isOwn ? { machineId: other?.id, status: other?.status } : {}) },
  );
}

/** A policy that is named and not there would be a limit that nobody notices is missing. */
export async function checkPolicyIds(
  policies: Pick<Policies, "forMachine">,
  tenantId: string,
  policyIds: readonly string[] | undefined,
): Promise<void> {
  if (policyIds === undefined || policyIds.length === 0) return;
  const known = new Set((await policies.forMachine(tenantId, policyIds)).map((policy) => policy.id));
  const unknown = policyIds.filter((id) => !known.has(id));
  if (unknown.length > 0)
    throw invalid("policyIds", `there is no policy ${unknown.slice(0, 5).join(", ")}`, { unknown });
}

export function createMachineCreate(market: Market, parts: MachineParts): MarketHandler<"createMachine"> {
  const { config, ids, write } = market;
  const verification = config.PEAQOS_MACHINE_IDENTITY_VERIFICATION;
  const { identity: identities, challenges, policies } = parts;

  return async (request) => {
    const { body } = request;
    const { tenantId } = request.caller;
    const { identityRef } = body;
    const proof = await attempt(async () => {
      await checkPolicyIds(policies, tenantId, body.policyIds);
      if (verification === "off") return null;
      if (body.identityProof === undefined || identityRef === undefined) {
        if (body.identityProof !== undefined)
          throw invalid("identityRef", "must be there when identityProof is");
        if (verification === "optional") return null;
        throw fail(
          "MACHINE_IDENTITY_PROOF_REQUIRED",
          `${identityRef === undefined ? "identityRef and identityProof are" : "identityProof is"} missing`,
        );
      }
      return proveIdentity({ identities, challenges }, tenantId, identityRef, body.identityProof);
    });
    const view = await write(request, async (tx) => {
      // Before the proof: a repeated request whose first answer was lost learns that it has happened.
      if (identityRef !== undefined) await refuseTaken(tx, identityRef, null, "");
      const proven = proof();
      const row: MachineRow = {
        id: ids.next("mach"),
        tenant_id: tenantId,
        display_name: body.displayName,
        status: "draft",
        owner_id: body.ownerId,
        machine_type: body.machineType,
        runtime_profile: body.runtimeProfile,
        capabilities: body.capabilities ?? [],
        labels: body.labels ?? {},
        policy_ids: body.policyIds ?? [],
        skill_keys: body.skillKeys ?? [],
        ...(proven === null || identityRef === undefined
          ? { identity_ref: identityRef ?? null, registry_id: null, identity_proof: null }
          : proofColumns(identityRef, proven, tx.now)),
        created_at: tx.now,
        updated_at: tx.now,
      };
      // Waits for a transaction that registers the same identity; whoever commits second inserts nothing.
      if (!(await insertMachine(tx.client, row))) {
        const other = await findByIdentity(tx.client, identityRef ?? "", row.registry_id, row.id);
        throw taken(tx, identityRef ?? "", other);
      }
      await proven?.proven.use(tx);
      tx.audit({
        type: "machine.created",
        resourceType: "machine",
        resourceId: row.id,
        machineId: row.id,
        payload: {
          after: machineView(row),
          ...(proven === null ? {} : { signerAddress: proven.proven.signer }),
        },
      });
      return machineView(row);
    });
    return item(view, 201);
  };
}
