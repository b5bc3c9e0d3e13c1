/** Types shared by several parts of the SDK. */

/** A 20-byte address as `0x` and 40 hexadecimal digits. */
export type Address = `0x${string}`;
/** Bytes as `0x` and hexadecimal digits. */
export type Hex = `0x${string}`;
/** An id of up to 256 bits. Numbers must be safe integers; results are always bigint. */
export type Id = number | bigint;
/** Bytes, as an array (a Node Buffer is one) or as 0x hex. */
export type Bytes = Uint8Array | Hex;

/** A key pair as `generateKeypair` makes it; frozen. */
export type Keypair = {
  /** Checksummed address. */
  readonly address: Address;
  /** `0x` and 64 hexadecimal digits. Whoever has it owns the machine. */
  readonly privateKey: Hex;
};

/** Addresses of the contracts a client works with. */
export type ContractAddresses = {
  readonly identityRegistry: Address;
  readonly identityStaking: Address;
  readonly eventRegistry: Address;
  readonly machineNft: Address;
  /** DID precompile, `0x0000000000000000000000000000000000000800` on peaq. */
  readonly didRegistry: Address;
  /** Batch precompile, `0x0000000000000000000000000000000000000805` on peaq. */
  readonly batchPrecompile: Address;
  /** Only for smart accounts. */
  readonly machineAccountFactory?: Address;
  /** Only for bridging from peaq. */
  readonly machineNftAdapter?: Address;
  /** AdminFlags; only for `flagsOf`. Ours. */
  readonly adminFlags?: Address;
};

/** Caps the client puts on itself. Kept in the memory of the process; 0 or absent is off. */
export type OperationalLimits = {
  /** Largest `value` of an event, in its minor units. */
  readonly maxValuePerTx?: number | bigint;
  /** Most events of one machine within the window. Needs the window as well. */
  readonly rateLimitMaxEvents?: number;
  /** Length of the sliding window, in seconds. */
  readonly rateLimitWindowSeconds?: number;
};

/** How many events of a machine the client has counted in the current window. */
export type EventTracker = {
  readonly machineId: bigint;
  readonly count: number;
  /** Unix seconds; informative. */
  readonly windowStart: number;
};

/** One event, as given to `submitEvent`, `batchSubmitEvents` and `submitEvents`. */
export type SubmitEventParams = {
  /** Registered machine, above 0. */
  readonly machineId: Id;
  /** 0 revenue, 1 activity. */
  readonly eventType: number;
  /** Revenue: ISO 4217 minor units (cents for USD, whole units for JPY, thousandths for BHD). At most 2^256 - 1. */
  readonly value: number | bigint;
  /** When it happened, Unix seconds, from 2000 on and not after the chain's own clock. */
  readonly timestamp: number | bigint;
  /** What `dataHash` is made of; stays off chain. Absent or null: the zero hash. Empty bytes are refused. */
  readonly rawData?: Bytes | null;
  /** 0 self-reported (default), 1 on-chain verifiable, 2 hardware-signed. */
  readonly trustLevel?: number;
  /** Chain of the source transaction; 0 (default) is off chain or the registry's own chain. */
  readonly sourceChainId?: number | bigint;
  /** Source transaction, `0x` and 64 digits. Required at trust level 1. */
  readonly sourceTxHash?: Hex | null;
  /** At most 4096 bytes, stored on chain. */
  readonly metadata?: Bytes | null;
  /** 3 to 10 of `A-Z 0-9` on revenue, `""` on activity. Absent: `USD` or `""`; a batch wants it spelled out. */
  readonly currency?: string;
};

/** What `submitEvent` answers. */
export type SubmitEventResult = {
  readonly txHash: Hex;
  /** keccak256 of `rawData`, or 32 zero bytes. */
  readonly dataHash: Hex;
};
