/** Deployment of the contracts: plans as data, the fast way for development networks, the compiled artifacts. */
import type { Address, Chain, Hex, LocalAccount, PublicClient, Transport, WalletClient } from "viem";
import { type Contracts, PlanBuilder, planContracts, type Step } from "./plan.ts";
import {
  BATCH_EXECUTOR,
  BATCH_PRECOMPILE,
  DID_PRECOMPILE,
  installPrecompiles,
  type RpcAdmin,
} from "./precompiles.ts";

export { type Artifact, type ArtifactName, loadArtifact } from "./artifacts.ts";
export { type Contracts, PlanBuilder, type PlanOptions, planContracts, type Step } from "./plan.ts";
export {
  BATCH_EXECUTOR,
  BATCH_PRECOMPILE,
  DID_PRECOMPILE,
  installPrecompiles,
  letAnybodyAddAttributes,
  type RpcAdmin,
} from "./precompiles.ts";

/** Everything a development network has: the contracts, the test tokens and the stand-ins for precompiles. */
export type Deployment = Contracts & {
  readonly usdc: Address;
  readonly usdt: Address;
  readonly didRegistry: Address;
  readonly batchPrecompile: Address;
  /** Code that the RPC gateway lends to the sender of a batch (EIP-7702 designator). */
  readonly batchExecutor: Address;
};

export type DeployOptions = {
  /** Signs and owns everything; a fresh account gives the same addresses on every chain. */
  readonly walletClient: WalletClient<Transport, Chain | undefined, LocalAccount>;
  readonly publicClient: PublicClient;
  readonly rpcAdmin: RpcAdmin;
};

/**
 * Deploys everything to a development network, as fast as it goes: nonces are counted ahead, so all transactions are
 * sent at once and share blocks.
 *
 * @throws Error naming the step whose transaction failed.
 */
export async function deployContracts(options: DeployOptions): Promise<Deployment> {
  const { walletClient, publicClient, rpcAdmin } = options;
  const { account } = walletClient;
  const deployer = account.address;
  const [nonce, block, chainId] = await Promise.all([
    publicClient.getTransactionCount({ address: deployer, blockTag: "pending" }),
    publicClient.getBlock(),
    publicClient.getChainId(),
    installPrecompiles(rpcAdmin),
  ]);
  const plan = new PlanBuilder(deployer, nonce);
  const contracts = planContracts({ deployer, nonce, did: DID_PRECOMPILE }, plan);
  const usdc = plan.create("TestUSDC", [deployer]);
  const usdt = plan.create("TestUSDT", [deployer]);

  const priority = 1_000_000_000n;
  const fees = { maxFeePerGas: 2n * (block.baseFeePerGas ?? 0n) + priority, maxPriorityFeePerGas: priority };
  const signed = await Promise.all(
    plan.steps.map(({ to, data, gas }, index) =>
      account.signTransaction({
        type: "eip1559",
        chainId,
        nonce: nonce + index,
        ...(to === undefined ? {} : { to }),
        data,
        gas,
        ...fees,
      }),
    ),
  );
  const hashes = await Promise.all(
    signed.map((serializedTransaction) => publicClient.sendRawTransaction({ serializedTransaction })),
  );
  await requireSuccess(publicClient, plan.steps, hashes);
  return {
    ...contracts,
    usdc,
    usdt,
    didRegistry: DID_PRECOMPILE,
    batchPrecompile: BATCH_PRECOMPILE,
    batchExecutor: BATCH_EXECUTOR,
  };
}

async function requireSuccess(
  client: PublicClient,
  steps: readonly Step[],
  hashes: readonly Hex[],
): Promise<void> {
  // The last nonce is mined last: when its receipt is there, all are.
  await client.waitForTransactionReceipt({ hash: hashes.at(-1)! });
  const receipts = await Promise.all(hashes.map((hash) => client.getTransactionReceipt({ hash })));
  const failed = receipts.findIndex((receipt) => receipt.status !== "success");
  if (failed !== -1) {
    throw new Error(`deployment step ${failed + 1} (${steps[failed]!.label}) reverted in ${hashes[failed]}`);
  }
}
