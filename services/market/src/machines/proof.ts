import type { HttpError } from "@peaqos/service-kit";
import { getAddress } from "viem";
import type { Challenges, ProvenSignature, Subject } from "../identity/challenges.ts";
import type { Identity, ResolvedIdentity } from "../identity/identity.ts";
import { sameAddress } from "../identity/signatures.ts";
import { fail } from "../kit/errors.ts";
import type { MachineRow } from "./store.ts";

/** Is a machine's identity known to the rating service, and is its stored proof still of one who controls it? */

export type Standing =
  | { readonly ok: true; readonly identity: ResolvedIdentity }
  | {
      readonly ok: false;
      readonly reason: "no_identity" | "unknown" | "no_proof" | "controller_changed" | "unbonded";
      readonly message: string;
    };

/** One spelling for a reference: DIDs come in any letter case. */
export function normalRef(identityRef: string): string {
  const address = /^did:peaq:(0x[0-9a-fA-F]{40})$/.exec(identityRef)?.[1];
  return address === undefined ? identityRef : `did:peaq:${getAddress(address.toLowerCase())}`;
}

export const identitySubject = (tenantId: string, identityRef: string): Subject => ({
  tenantId,
  purpose: "machine-identity",
  fields: [["Identity Ref", normalRef(identityRef)]],
});

/** @throws HttpError PEAQOS_IDENTITY_UNAVAILABLE. */
export async function standingOf(
  identities: Identity,
  row: Pick<MachineRow, "identity_ref" | "identity_proof">,
  needs: { readonly bond: boolean },
): Promise<Standing> {
  const ref = row.identity_ref;
  if (ref === null) return { ok: false, reason: "no_identity", message: "the machine has no identityRef" };
  const proof = row.identity_proof;
  if (proof === null)
    return { ok: false, reason: "no_proof", message: `nobody has proven to control ${ref}` };
  const identity = await identities.resolve(ref);
  if (identity === null)
    return { ok: false, reason: "unknown", message: `the rating service does not know ${ref}` };
  if (!identity.controllerAddresses.some((address) => sameAddress(address, proof.signerAddress)))
    return {
      ok: false,
      reason: "controller_changed",
      message: `${proof.signerAddress}, who proved ${ref}, does not control it any more`,
    };
  if (needs.bond && !identity.bonded)
    return { ok: false, reason: "unbonded", message: `${ref} is not bonded` };
  return { ok: true, identity };
}

export function notActivated(standing: Standing & { ok: false }): HttpError {
  return fail("MACHINE_NOT_ACTIVATED", standing.message, { reason: standing.reason });
}

/** @throws HttpError MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE. */
export async function resolved(identities: Identity, identityRef: string): Promise<ResolvedIdentity> {
  const identity = await identities.resolve(identityRef);
  if (identity === null)
    throw fail("MACHINE_NOT_ACTIVATED", `the rating service does not know ${identityRef}`, {
      reason: "unknown",
      identityRef,
    });
  return identity;
}

export type NewProof = { readonly proven: ProvenSignature; readonly identity: ResolvedIdentity };

/**
 * A proof that comes with a request.
 *
 * @throws HttpError MACHINE_NOT_ACTIVATED, PEAQOS_IDENTITY_UNAVAILABLE, MACHINE_IDENTITY_PROOF_INVALID, …_EXPIRED.
 */
export async function proveIdentity(
  deps: { readonly identities: Identity; readonly challenges: Challenges },
  tenantId: string,
  identityRef: string,
  proof: { readonly challengeId: string; readonly signature: string },
): Promise<NewProof> {
  const identity = await resolved(deps.identities, identityRef);
  const subject = identitySubject(tenantId, identityRef);
  const proven = await deps.challenges.prove(subject, proof, identity.controllerAddresses);
  return { proven, identity };
}

/** The row's columns after a new proof. */
export function proofColumns(
  identityRef: string,
  { proven, identity }: NewProof,
  now: Date,
): Pick<MachineRow, "identity_ref" | "registry_id" | "identity_proof"> {
  return {
    identity_ref: identityRef,
    registry_id: identity.registryId,
    identity_proof: {
      method: "eip191",
      identityRef,
      signerAddress: proven.signer,
      challengeId: proven.challengeId,
      verifiedAt: now.toISOString(),
      challengeExpiresAt: proven.challengeExpiresAt.toISOString(),
      controllerAddresses: [...identity.controllerAddresses],
      resolutionSource: "peaqos-mcr",
    },
  };
}
