import type { Deployment } from "@peaqos/contracts";
import { deployContracts } from "@peaqos/contracts";
import { createPublicClient, createWalletClient, defineChain, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { devnetAccounts } from "./accounts.ts";
import type { Chain } from "./chain/index.ts";

/** viem's description of a devnet chain. */
export function viemChain(chain: { chainId: number; url: string }) {
  return defineChain({
    id: chain.chainId,
    name: "peaqOS devnet",
    nativeCurrency: { name: "PEAQ", symbol: "PEAQ", decimals: 18 },
    rpcUrls: { default: { http: [chain.url] } },
  });
}

/**
 * Deploys all contracts with the admin account and tells the gateway about the batch executor. Fixed addresses: the
 * deployer's key and the order of its transactions never change.
 */
export async function deployTo(chain: Chain): Promise<Deployment> {
  const account = privateKeyToAccount(devnetAccounts().admin.privateKey);
  await chain.admin("anvil_setBalance", [account.address, `0x${(10n ** 24n).toString(16)}`]);
  const definition = viemChain(chain);
  const transport = http(chain.url, { batch: { wait: 1, batchSize: 500 } });
  const deployment = await deployContracts({
    walletClient: createWalletClient({ account, chain: definition, transport }),
    publicClient: createPublicClient({ chain: definition, transport, pollingInterval: 10, cacheTime: 0 }),
    rpcAdmin: (method, params) => chain.admin(method, params),
  });
  await chain.setBatchExecutor(deployment.batchExecutor);
  return deployment;
}
