import { privateKeyToAccount } from "viem/accounts";
import { run } from "../../seller-template/run.ts";
import { paidConfigFromEnvironment, setting } from "../config.ts";
import { createChargerSeller } from "./seller.ts";

const privateKey = setting("SELLER_MACHINE_KEY") as `0x${string}`;
const { address } = privateKeyToAccount(privateKey);
process.env.SELLER_PAYEE ??= address;

await run(
  createChargerSeller({
    ...paidConfigFromEnvironment("charger", 8559, "USDC"),
    machine: {
      privateKey,
      machineId: BigInt(setting("SELLER_MACHINE_ID")),
      did: `did:peaq:${address.toLowerCase()}`,
      contracts: {
        identityRegistry: setting("IDENTITY_REGISTRY_ADDRESS"),
        identityStaking: setting("IDENTITY_STAKING_ADDRESS"),
        eventRegistry: setting("EVENT_REGISTRY_ADDRESS"),
        machineNft: setting("MACHINE_NFT_ADDRESS"),
        didRegistry: setting("DID_REGISTRY_ADDRESS"),
        batchPrecompile: setting("BATCH_PRECOMPILE_ADDRESS"),
      },
    },
  }),
);
