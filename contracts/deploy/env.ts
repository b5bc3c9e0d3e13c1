import type { Deployment } from "./index.ts";

/** A deployment as the environment variables that the SDK, the CLI and the services read their addresses from. */
export function contractEnv(deployment: Omit<Deployment, "batchExecutor">): Record<string, string> {
  return {
    IDENTITY_REGISTRY_ADDRESS: deployment.identityRegistry,
    IDENTITY_STAKING_ADDRESS: deployment.identityStaking,
    EVENT_REGISTRY_ADDRESS: deployment.eventRegistry,
    MACHINE_NFT_ADDRESS: deployment.machineNft,
    DID_REGISTRY_ADDRESS: deployment.didRegistry,
    BATCH_PRECOMPILE_ADDRESS: deployment.batchPrecompile,
    ADMIN_FLAGS_ADDRESS: deployment.adminFlags,
    WPEAQ_ADDRESS: deployment.wpeaq,
    TEST_USDC_ADDRESS: deployment.usdc,
    TEST_USDT_ADDRESS: deployment.usdt,
  };
}
