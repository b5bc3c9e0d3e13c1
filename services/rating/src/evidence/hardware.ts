/** Whether attested hardware signed an event: a pure check over the DID attributes in force at its block. */
import { hardwareAttestationTypedData, machineEventTypedData } from "@peaqos/protocol";
import { type Hex, hashTypedData, hexToBytes } from "viem";
import { parseHardwareKey, recoverEip191, verifyHardwareSignature } from "./signatures.ts";
import type { EvidenceEvent, EvidencePolicy, EvidenceReason, HardwareFact } from "./types.ts";

export type HardwareVerdict =
  | { readonly shown: true; readonly digest: Hex }
  | { readonly shown: false; readonly reason: EvidenceReason };

/** The text at `hw.sig` of metadata that is a JSON object in UTF-8; `null` otherwise. */
export function hardwareSignatureIn(metadata: Hex): string | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(hexToBytes(metadata)));
    const hw = isObject(value) ? value.hw : undefined;
    return isObject(hw) && typeof hw.sig === "string" ? hw.sig : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The digest a device signs for the event. */
export function eventDigest(event: EvidenceEvent, policy: EvidencePolicy): Hex {
  return hashTypedData(
    machineEventTypedData({ ...event, chainId: policy.homeChainId, eventRegistry: policy.eventRegistry }),
  );
}

/** Whether an attestor of the deployment's list vouches for this key of this machine. */
export function isAttested(machineId: bigint, fact: HardwareFact, policy: EvidencePolicy): boolean {
  if (fact.key === null || fact.attestation === null) return false;
  const digest = hashTypedData(
    hardwareAttestationTypedData({
      chainId: policy.homeChainId,
      identityRegistry: policy.identityRegistry,
      machineId,
      hardwareKey: fact.key,
    }),
  );
  const signer = recoverEip191(digest, fact.attestation);
  return signer !== null && policy.attestors.some((attestor) => attestor.toLowerCase() === signer);
}

/** Checks key, attestation, signature and reuse, in this order. `attested` may remember answers of `isAttested`. */
export function checkHardware(
  event: EvidenceEvent,
  fact: HardwareFact,
  policy: EvidencePolicy,
  isUsed: (digest: Hex) => boolean,
  attested: typeof isAttested = isAttested,
): HardwareVerdict {
  const refuse = (reason: EvidenceReason): HardwareVerdict => ({ shown: false, reason });
  const key = fact.key === null ? null : parseHardwareKey(fact.key);
  if (key === null) return refuse("no_hardware_key");
  if (!attested(event.machineId, fact, policy)) return refuse("hardware_not_attested");
  const signature = hardwareSignatureIn(event.metadata);
  const digest = eventDigest(event, policy);
  if (signature === null || !verifyHardwareSignature(digest, key, signature)) return refuse("bad_signature");
  return isUsed(digest) ? refuse("signature_reused") : { shown: true, digest };
}
