// Command line deployment to any chain; docs/contracts.md shows its use. A dry run unless --send is given.
import { createPublicClient, defineChain, formatEther, http, type PublicClient } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { type CliOptions, readOptions, USAGE } from "./options.ts";
import { type Contracts, PlanBuilder, planContracts } from "./plan.ts";
import { BATCH_PRECOMPILE } from "./precompiles.ts";
import { runSteps } from "./run.ts";
import { checkWiring } from "./wiring.ts";

/** Plans, shows and (with --send) carries out a deployment. */
export async function deploy(options: CliOptions, print: (line: string) => void): Promise<Contracts> {
  const account = privateKeyToAccount(options.privateKey);
  const { chainId, publicClient } = await connect(options);
  const pending = { address: account.address, blockTag: "pending" } as const;
  const [firstNonce, balance, fees] = await Promise.all([
    options.nonce ?? publicClient.getTransactionCount(pending),
    publicClient.getBalance({ address: account.address }),
    publicClient.estimateFeesPerGas(),
  ]);
  const plan = new PlanBuilder(account.address, firstNonce);
  const contracts = planContracts(
    {
      deployer: account.address,
      nonce: firstNonce,
      did: options.did,
      ...(options.wpeaq ? { wpeaq: options.wpeaq } : {}),
      ...(options.owner ? { owner: options.owner } : {}),
    },
    plan,
  );
  const gas = plan.steps.reduce((sum, step) => sum + step.gas, 0n);
  print(
    `chain ${chainId}, deployer ${account.address} with ${formatEther(balance)}, first nonce ${firstNonce}`,
  );
  print(`owner in the end: ${options.owner ?? account.address}`);
  print(`at most ${gas} gas, ${formatEther(gas * fees.maxFeePerGas)} at the present price`);
  if (options.send) {
    const { gasPercent } = options;
    await runSteps({
      publicClient,
      account,
      chainId,
      steps: plan.steps,
      firstNonce,
      gasPercent,
      report: print,
    });
    await checkWiring({ publicClient, contracts, did: options.did, owner: options.owner ?? account.address });
    print("read back: every step took effect");
  } else {
    for (const [index, { label, creates }] of plan.steps.entries()) {
      print(`${index + 1}/${plan.steps.length} ${label}${creates ? ` -> ${creates}` : ""}`);
    }
    print("Dry run: nothing was sent. With --send the addresses will be:");
  }
  for (const line of environment(contracts, options)) print(line);
  return contracts;
}

async function connect(options: CliOptions): Promise<{ chainId: number; publicClient: PublicClient }> {
  const transport = http(options.rpcUrl);
  const chainId = await createPublicClient({ transport }).getChainId();
  if (options.chainId !== undefined && options.chainId !== chainId) {
    throw new Error(`${options.rpcUrl} is chain ${chainId}, --chain-id says ${options.chainId}`);
  }
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: "native coin", symbol: "native", decimals: 18 },
    rpcUrls: { default: { http: [options.rpcUrl] } },
  });
  return { chainId, publicClient: createPublicClient({ chain, transport, pollingInterval: 500 }) };
}

/** The lines a client's or service's environment needs. */
function environment(contracts: Contracts, options: CliOptions): string[] {
  return [
    `IDENTITY_REGISTRY_ADDRESS=${contracts.identityRegistry}`,
    `IDENTITY_STAKING_ADDRESS=${contracts.identityStaking}`,
    `EVENT_REGISTRY_ADDRESS=${contracts.eventRegistry}`,
    `MACHINE_NFT_ADDRESS=${contracts.machineNft}`,
    `DID_REGISTRY_ADDRESS=${options.did}`,
    `BATCH_PRECOMPILE_ADDRESS=${BATCH_PRECOMPILE}`,
    `ADMIN_FLAGS_ADDRESS=${contracts.adminFlags}`,
  ];
}

async function main(argv: string[]): Promise<void> {
  try {
    const options = readOptions(argv);
    if (options) await deploy(options, (line) => console.log(line));
    else console.log(USAGE);
  } catch (error) {
    console.error(`deploy: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}

if (import.meta.main) await main(process.argv.slice(2));
