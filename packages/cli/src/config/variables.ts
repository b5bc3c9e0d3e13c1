/** Every variable the CLI reads: one table for look-up, `whoami`, `doctor`, `init` and docs/cli.md. */
export type Variable = {
  readonly name: string;
  readonly meaning: string;
  readonly default?: string;
  readonly secret?: boolean;
};

export const CONTRACT_VARIABLES = [
  { name: "IDENTITY_REGISTRY_ADDRESS", label: "IdentityRegistry", field: "identityRegistry" },
  { name: "IDENTITY_STAKING_ADDRESS", label: "IdentityStaking", field: "identityStaking" },
  { name: "EVENT_REGISTRY_ADDRESS", label: "EventRegistry", field: "eventRegistry" },
  { name: "MACHINE_NFT_ADDRESS", label: "MachineNFT", field: "machineNft" },
  { name: "DID_REGISTRY_ADDRESS", label: "DID Registry", field: "didRegistry" },
  { name: "BATCH_PRECOMPILE_ADDRESS", label: "Batch Precompile", field: "batchPrecompile" },
] as const;

export const DEFAULT_MCR_API_URL = "http://127.0.0.1:8000";

export const VARIABLES: readonly Variable[] = [
  {
    name: "PEAQOS_PRIVATE_KEY",
    meaning: "key that signs: 0x and 64 hexadecimal digits; not needed by commands that only read",
    secret: true,
  },
  { name: "PEAQOS_RPC_URL", meaning: "JSON-RPC address of the chain" },
  ...CONTRACT_VARIABLES.map(({ name, label }) => ({ name, meaning: `address of ${label}` })),
  { name: "PEAQOS_MCR_API_URL", meaning: "rating service", default: DEFAULT_MCR_API_URL },
  { name: "PEAQOS_NETWORK", meaning: "name of the network, shown by `whoami`" },
  {
    name: "PEAQOS_GAS_STATION_URL",
    meaning: "gas station (kept for a later release, not called by this one)",
  },
  {
    name: "PEAQOS_ORCHESTRATION_URL",
    meaning: "Machine Markets address, for `scale`",
  },
  {
    name: "PEAQOS_ORCH_API_KEY",
    meaning: "Machine Markets key, for the operator's part of `scale`; agents use their pairing token",
    secret: true,
  },
  {
    name: "PEAQOS_OWS_WALLET",
    meaning: "wallet in a vault; a later release reads it, this one refuses to sign while it is set",
  },
  { name: "PEAQOS_ENV_FILE", meaning: "settings file to read in place of .env, as --env-file" },
  { name: "NO_COLOR", meaning: "any value: no colours" },
];
