/** Hardware keys of seeded machines: deterministic, kept here for the devnet where a real machine keeps its own. */
import { createECDH, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { hardwareAttestationTypedData, machineEventTypedData } from "@peaqos/protocol";
import { type Hex, hashTypedData, hexToBytes, stringToHex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { devnetKey } from "../accounts.ts";
import type { SeedChain } from "./chain.ts";
import type { Member } from "./fleet.ts";
import type { SeedEvent } from "./types.ts";

/** The part of a machine that signs: its key as the DID attribute tells it, and a signature over a digest. */
type Device = { readonly key: string; sign(digest: Hex): Promise<string> };

const devices = new Map<string, Device>();

/** Text of the DID attribute `hardware_key`. */
export function hardwareKey({ machine }: Member): string {
  return deviceOf(machine.name, machine.hardware?.kind ?? "es256").key;
}

/** Text of the DID attribute `hardware_attestation`: by the devnet's attestor, or by nobody the service trusts. */
export function attestation(on: SeedChain, member: Member): Promise<Hex> {
  const digest = hashTypedData(
    hardwareAttestationTypedData({
      chainId: on.chainId,
      identityRegistry: on.deployment.identityRegistry,
      machineId: member.machineId,
      hardwareKey: hardwareKey(member),
    }),
  );
  const attestor: PrivateKeyAccount = member.machine.hardware?.attested
    ? on.roles.attestor.account
    : privateKeyToAccount(devnetKey("impostor"));
  return attestor.signMessage({ message: { raw: digest } });
}

/** Event metadata with the device's signature over the event. */
export async function hardwareMetadata(
  on: SeedChain,
  { machine, machineId }: Member,
  event: SeedEvent,
  dataHash: Hex,
): Promise<Hex> {
  const digest = hashTypedData(
    machineEventTypedData({
      chainId: on.chainId,
      eventRegistry: on.deployment.eventRegistry,
      machineId,
      eventType: event.type,
      value: BigInt(event.value),
      currency: event.currency,
      timestamp: event.timestamp,
      dataHash,
    }),
  );
  const sig = await deviceOf(machine.name, machine.hardware?.kind ?? "es256").sign(digest);
  return stringToHex(JSON.stringify({ hw: { sig } }));
}

function deviceOf(name: string, kind: "es256" | "eip191"): Device {
  const known = devices.get(name);
  if (known) return known;
  const secret = devnetKey(`hardware ${name}`);
  const device = kind === "es256" ? es256(secret) : eip191(secret);
  devices.set(name, device);
  return device;
}

function eip191(secret: Hex): Device {
  const account = privateKeyToAccount(secret);
  return {
    key: `eip191:${account.address}`,
    sign: (digest) => account.signMessage({ message: { raw: digest } }),
  };
}

function es256(secret: Hex): Device {
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(hexToBytes(secret));
  const point = ecdh.getPublicKey();
  const coordinate = (from: number) => point.subarray(from, from + 32).toString("base64url");
  const key: KeyObject = createPrivateKey({
    format: "jwk",
    key: {
      kty: "EC",
      crv: "P-256",
      d: Buffer.from(hexToBytes(secret)).toString("base64url"),
      x: coordinate(1),
      y: coordinate(33),
    },
  });
  return {
    key: `es256:${ecdh.getPublicKey("hex", "compressed")}`,
    sign: async (digest) =>
      sign("sha256", hexToBytes(digest), { key, dsaEncoding: "ieee-p1363" }).toString("base64url"),
  };
}
