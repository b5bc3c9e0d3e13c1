import { attempt } from "../kit/attempt.ts";
import { fail, invalid, notFound } from "../kit/errors.ts";
import { item, type MarketHandler, type MarketRequestOf } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import { checkPolicyIds, refuseTaken, taken } from "./create.ts";
import type { MachineParts } from "./handlers.ts";
import {
  type NewProof,
  normalRef,
  notActivated,
  proofColumns,
  proveIdentity,
  type Standing,
  standingOf,
} from "./proof.ts";
import { lockMachine, type Machine, type MachineRow, updateMachineRow } from "./store.ts";
import { operatorEvent } from "./transitions.ts";
import { machineView } from "./view.ts";

type Body = MarketRequestOf<"updateMachine">["body"];

/** What was found out before the transaction, and about which state of the row. */
type Checked = {
  readonly row: MachineRow;
  readonly newProof: NewProof | null;
};

const unproven: Standing & { ok: false } = {
  ok: false,
  reason: "no_proof",
  message: "the machine's identity is not proven",
};

function changed(row: MachineRow, body: Body): Partial<MachineRow> {
  return {
    ...(body.displayName === undefined ? {} : { display_name: body.displayName }),
    ...(body.status === undefined ? {} : { status: body.status }),
    ...(body.ownerId === undefined ? {} : { owner_id: body.ownerId }),
    ...(body.machineType === undefined ? {} : { machine_type: body.machineType }),
    ...(body.runtimeProfile === undefined ? {} : { runtime_profile: body.runtimeProfile }),
    ...(body.capabilities === undefined ? {} : { capabilities: body.capabilities }),
    ...(body.labels === undefined ? {} : { labels: body.labels }),
    ...(body.policyIds === undefined ? {} : { policy_ids: body.policyIds }),
    ...(body.skillKeys === undefined ? {} : { skill_keys: body.skillKeys }),
    ...(body.identityRef === undefined || row.identity_ref !== null
      ? {}
      : { identity_ref: body.identityRef }),
  };
}

/** The fields that differ, before and after. */
function difference(before: Machine, after: Machine) {
  const names = (Object.keys(after) as (keyof Machine)[]).filter(
    (name) => name !== "updatedAt" && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  const pick = (from: Machine) => Object.fromEntries(names.map((name) => [name, from[name]]));
  return { names, before: pick(before), after: pick(after) };
}

export function createMachineUpdate(market: Market, parts: MachineParts): MarketHandler<"updateMachine"> {
  const { config, write } = market;
  const verification = config.PEAQOS_MACHINE_IDENTITY_VERIFICATION;
  const { identity: identities, challenges, policies, find } = parts;

  function checkRef(row: MachineRow, body: Body): void {
    const { identityRef } = body;
    if (identityRef === undefined || row.identity_ref === null) return;
    if (normalRef(identityRef) !== normalRef(row.identity_ref))
      throw fail(
        "MACHINE_IDENTITY_IMMUTABLE",
        `machine ${row.id} is ${row.identity_ref}, not ${identityRef}`,
        {
          identityRef: row.identity_ref,
        },
      );
  }

  /** Asks the rating service; everything that can be refused without the transaction's locks. */
  async function check(machineId: string, tenantId: string, body: Body): Promise<Checked> {
    const row = await find(machineId, tenantId);
    checkRef(row, body);
    await checkPolicyIds(policies, tenantId, body.policyIds);
    if (verification === "off" || body.status === "archived") return { row, newProof: null };
    const bond = body.status === "active";
    // The proof that is kept already comes again when an answer was lost; it changes nothing.
    const isKept = body.identityProof?.challengeId === row.identity_proof?.challengeId;
    if (body.identityProof !== undefined && !isKept) {
      const ref = row.identity_ref ?? body.identityRef;
      if (ref === undefined) throw invalid("identityRef", "must be there when identityProof is");
      const newProof = await proveIdentity({ identities, challenges }, tenantId, ref, body.identityProof);
      if (bond && !newProof.identity.bonded)
        throw notActivated({ ok: false, reason: "unbonded", message: `${ref} is not bonded` });
      return { row, newProof };
    }
    if (row.identity_proof !== null) {
      const standing = await standingOf(identities, row, { bond });
      if (!standing.ok) throw notActivated(standing);
    } else if (bond) throw notActivated(unproven);
    else if (verification === "required" && row.identity_ref === null && body.identityRef !== undefined)
      throw invalid("identityProof", "must come with an identityRef");
    return { row, newProof: null };
  }

  async function apply(tx: WriteTx, body: Body, { row: seen, newProof }: Checked): Promise<Machine> {
    const row = await lockMachine(tx.client, tx.caller.tenantId, seen.id, "update");
    if (row === undefined) throw notFound("machine", seen.id);
    checkRef(row, body);
    if (row.identity_proof?.challengeId !== seen.identity_proof?.challengeId)
      throw fail("CONFLICT", "the machine's proof was replaced meanwhile", { reason: "concurrent_change" });
    const event = body.status === undefined ? null : operatorEvent(row.status, body.status);
    if (row.status === "archived" && Object.values(body).some((value) => value !== undefined))
      throw fail("CONFLICT", `machine ${row.id} is archived`, { reason: "archived" });
    const ref = row.identity_ref ?? body.identityRef ?? null;
    if (ref !== null) await refuseTaken(tx, ref, newProof?.identity.registryId ?? null, row.id);
    const next: MachineRow = {
      ...row,
      ...changed(row, body),
      ...(newProof === null || ref === null ? {} : proofColumns(ref, newProof, tx.now)),
      updated_at: tx.now,
    };
    await newProof?.proven.use(tx);
    const { names, before, after } = difference(machineView(row), machineView(next));
    if (names.length === 0) return machineView(row);
    // Two machines that take one identity at the same moment: the second to commit is told.
    if (!(await updateMachineRow(tx.client, next))) throw taken(tx, ref ?? "", undefined);
    const types: Readonly<Record<string, string>> = {
      activate: "machine.activated",
      archive: "machine.archived",
    };
    tx.audit({
      type: types[event ?? ""] ?? "machine.updated",
      resourceType: "machine",
      resourceId: row.id,
      machineId: row.id,
      payload: { ...(event === null ? {} : { event }), before, after },
    });
    return machineView(next);
  }

  return async (request) => {
    const { params, body, caller } = request;
    const checked = await attempt(() => check(params.machineId, caller.tenantId, body));
    return item(await write(request, async (tx) => apply(tx, body, checked())));
  };
}
