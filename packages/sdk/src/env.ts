import type { PeaqosClientOptions } from "./config.ts";
import { ValidationError } from "./errors/validation.ts";

type Env = Record<string, string | undefined>;

/** Environment variable of each setting. The names are published. */
export const envNames = {
  rpcUrl: "PEAQOS_RPC_URL",
  privateKey: "PEAQOS_PRIVATE_KEY",
  identityRegistry: "IDENTITY_REGISTRY_ADDRESS",
  identityStaking: "IDENTITY_STAKING_ADDRESS",
  eventRegistry: "EVENT_REGISTRY_ADDRESS",
  machineNft: "MACHINE_NFT_ADDRESS",
  didRegistry: "DID_REGISTRY_ADDRESS",
  batchPrecompile: "BATCH_PRECOMPILE_ADDRESS",
  machineAccountFactory: "MACHINE_ACCOUNT_FACTORY_ADDRESS",
  machineNftAdapter: "MACHINE_NFT_ADAPTER_ADDRESS",
  adminFlags: "ADMIN_FLAGS_ADDRESS",
  apiUrl: "PEAQOS_MCR_API_URL",
  orchestrationUrl: "PEAQOS_ORCHESTRATION_URL",
  apiKey: "PEAQOS_API_KEY",
} as const;

/** Client options from environment variables. @throws ValidationError naming the first variable that is missing. */
export function optionsFromEnv(env: Env): PeaqosClientOptions {
  const need = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === "")
      throw new ValidationError(
        name,
        "set to a non-empty value",
        value === undefined ? "nothing" : "an empty text",
        {
          hint: `Set the environment variable ${name}.`,
        },
      );
    return value;
  };
  const may = (name: string): string | undefined => env[name] || undefined;
  const machineAccountFactory = may(envNames.machineAccountFactory);
  const machineNftAdapter = may(envNames.machineNftAdapter);
  const adminFlags = may(envNames.adminFlags);
  const apiUrl = may(envNames.apiUrl);
  const orchestrationUrl = may(envNames.orchestrationUrl);
  const apiKey = may(envNames.apiKey);
  return {
    rpcUrl: need(envNames.rpcUrl),
    privateKey: need(envNames.privateKey),
    contracts: {
      identityRegistry: need(envNames.identityRegistry),
      identityStaking: need(envNames.identityStaking),
      eventRegistry: need(envNames.eventRegistry),
      machineNft: need(envNames.machineNft),
      didRegistry: need(envNames.didRegistry),
      batchPrecompile: need(envNames.batchPrecompile),
      ...(machineAccountFactory !== undefined && { machineAccountFactory }),
      ...(machineNftAdapter !== undefined && { machineNftAdapter }),
      ...(adminFlags !== undefined && { adminFlags }),
    },
    ...(apiUrl !== undefined && { apiUrl }),
    ...(orchestrationUrl !== undefined && { orchestrationUrl }),
    ...(apiKey !== undefined && { apiKey }),
  };
}
