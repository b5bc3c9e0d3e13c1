/**
 * What a device signs so that its events count as hardware evidence: EIP-712 typed data, defined once for signers (devices,
 * SDK users, seeds) and for the rating service that checks. docs/hardware-evidence.md tells the whole story.
 *
 * The functions return plain objects that viem's `hashTypedData` and `signTypedData` take as they are.
 */

type HexText = `0x${string}`;

/** DID attribute that holds the machine's hardware key: `es256:` + compressed P-256 point in hex, or `eip191:` + address. */
export const HARDWARE_KEY_ATTRIBUTE = "hardware_key";

/** DID attribute that holds an attestor's signature (EIP-191 over the digest of `hardwareAttestationTypedData`), 0x hex. */
export const HARDWARE_ATTESTATION_ATTRIBUTE = "hardware_attestation";

/** EIP-712 domain name of both; the version changes when a field does. */
export const HARDWARE_DOMAIN_NAME = "peaqOS hardware evidence";
export const HARDWARE_DOMAIN_VERSION = "1";

/** `{ HardwareAttestation }`: an attestor says that this key is inside this machine's hardware. */
export const hardwareAttestationTypes = {
  HardwareAttestation: [
    { name: "machineId", type: "uint256" },
    { name: "hardwareKey", type: "string" },
  ],
} as const;

/** `{ MachineEvent }`: the machine's hardware says that this happened. */
export const machineEventTypes = {
  MachineEvent: [
    { name: "machineId", type: "uint256" },
    { name: "eventType", type: "uint8" },
    { name: "value", type: "uint256" },
    { name: "currency", type: "string" },
    { name: "timestamp", type: "uint256" },
    { name: "dataHash", type: "bytes32" },
  ],
} as const;

export type HardwareAttestationInput = {
  /** Chain of the identity registry. */
  readonly chainId: number;
  readonly identityRegistry: HexText;
  readonly machineId: bigint;
  /** The attribute's text, exactly as it will stand on the DID. */
  readonly hardwareKey: string;
};

/**
 * Typed data an attestor signs for a machine's key.
 *
 * @example
 * const digest = hashTypedData(hardwareAttestationTypedData({ chainId: 33380, identityRegistry, machineId: 7n, hardwareKey }));
 * const attestation = await attestor.signMessage({ message: { raw: digest } });
 */
export function hardwareAttestationTypedData(input: HardwareAttestationInput) {
  return {
    domain: {
      name: HARDWARE_DOMAIN_NAME,
      version: HARDWARE_DOMAIN_VERSION,
      chainId: input.chainId,
      verifyingContract: input.identityRegistry,
    },
    types: hardwareAttestationTypes,
    primaryType: "HardwareAttestation",
    message: { machineId: input.machineId, hardwareKey: input.hardwareKey },
  } as const;
}

export type MachineEventInput = {
  /** Chain of the event registry. */
  readonly chainId: number;
  readonly eventRegistry: HexText;
  readonly machineId: bigint;
  /** 0 revenue, 1 activity. */
  readonly eventType: number;
  /** Minor units of `currency`, as submitted. */
  readonly value: bigint;
  /** As recorded by the registry; of an activity event often the empty text. */
  readonly currency: string;
  /** Unix seconds, as submitted. */
  readonly timestamp: number | bigint;
  readonly dataHash: HexText;
};

/**
 * Typed data a device signs for one event. The signature goes into the event's metadata as `{ "hw": { "sig": "..." } }`.
 *
 * @example
 * const digest = hashTypedData(machineEventTypedData({ chainId: 33380, eventRegistry, machineId: 7n, ...event }));
 * const sig = await device.signMessage({ message: { raw: digest } }); // for a key `eip191:0x...`
 */
export function machineEventTypedData(input: MachineEventInput) {
  return {
    domain: {
      name: HARDWARE_DOMAIN_NAME,
      version: HARDWARE_DOMAIN_VERSION,
      chainId: input.chainId,
      verifyingContract: input.eventRegistry,
    },
    types: machineEventTypes,
    primaryType: "MachineEvent",
    message: {
      machineId: input.machineId,
      eventType: input.eventType,
      value: input.value,
      currency: input.currency,
      timestamp: BigInt(input.timestamp),
      dataHash: input.dataHash,
    },
  } as const;
}
