import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Deployment } from "@peaqos/contracts";
import { contractEnv } from "@peaqos/contracts/env";
import { deployTo, devnetAccounts, devnetKey, viemChain } from "@peaqos/devnet";
import type { Chain, ChainOptions } from "@peaqos/devnet/chain";
import { startChain } from "@peaqos/devnet/chain";
import type { Hex } from "viem";
import { createPublicClient, createWalletClient, http } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { privateKeyToAccount } from "viem/accounts";

export type TestChain = Chain &
  AsyncDisposable & {
    /** Addresses of the contracts; the admin account of the devnet owns them. */
    deployment: Deployment;
    /** The same as environment variables. */
    contractEnv: Record<string, string>;
    /** Deploys and owns the contracts. */
    adminAccount: PrivateKeyAccount;
    publicClient: ReturnType<typeof publicClientFor>;
    /** A wallet client that signs with the account. */
    wallet(account: PrivateKeyAccount): ReturnType<typeof walletClientFor>;
    /** An account of this name with 10,000 PEAQ, or `balance` wei; the same name gives the same account. */
    account(name: string, balance?: bigint): Promise<PrivateKeyAccount>;
    /** Mines empty blocks (what waits in the pool goes into the first). */
    mine(blocks?: number): Promise<void>;
    /** Sets the chain's clock (seconds) and mines a block at that time; time only goes forward. */
    setTime(seconds: number): Promise<void>;
    increaseTime(seconds: number): Promise<void>;
  };

export type TestChainOptions = Omit<ChainOptions, "dataDir"> & {
  /** Default true: all contracts deployed, from a dumped state that the first call of all leaves in the temporary folder. */
  contracts?: boolean;
};

const BALANCE = 10_000n * 10n ** 18n;

/**
 * A chain of its own for a test file, with the contracts deployed. Takes well under half a second.
 *
 * @example
 * const chain = await testChain();
 * afterAll(() => chain.stop());
 * const alice = await chain.account("alice");
 */
export async function testChain(options: TestChainOptions = {}): Promise<TestChain> {
  const { contracts = true, ...rest } = options;
  const chain = await startChain(rest);
  try {
    const deployment = contracts ? await deployed(chain, rest.genesisTime !== undefined) : ({} as Deployment);
    const publicClient = publicClientFor(chain);
    const extended: Omit<TestChain, keyof Chain | typeof Symbol.asyncDispose> = {
      deployment,
      contractEnv: contractEnv(deployment),
      adminAccount: privateKeyToAccount(devnetAccounts().admin.privateKey),
      publicClient,
      wallet: (account) => walletClientFor(chain, account),
      async account(name, balance = BALANCE) {
        const account = privateKeyToAccount(devnetKey(`test ${name}`));
        await chain.admin("anvil_setBalance", [account.address, `0x${balance.toString(16)}`]);
        return account;
      },
      async mine(blocks = 1) {
        await chain.admin("anvil_mine", [blocks]);
      },
      async setTime(seconds) {
        await chain.admin("evm_setTime", [seconds]);
        await chain.admin("evm_mine");
      },
      async increaseTime(seconds) {
        await chain.admin("evm_increaseTime", [seconds]);
        await chain.admin("evm_mine");
      },
    };
    return { ...chain, ...extended, [Symbol.asyncDispose]: () => chain.stop() };
  } catch (error) {
    await chain.stop();
    throw error;
  }
}

function publicClientFor(chain: Chain) {
  return createPublicClient({
    chain: viemChain(chain),
    transport: http(chain.url),
    pollingInterval: 10,
    cacheTime: 0,
  });
}

function walletClientFor(chain: Chain, account: PrivateKeyAccount) {
  return createWalletClient({
    account,
    chain: viemChain(chain),
    transport: http(chain.url),
    pollingInterval: 10,
    cacheTime: 0,
  });
}

type Dump = { deployment: Deployment; state: Hex };

/** Deploys, or loads what an earlier call deployed from the same contract files (not into a chain of the past). */
async function deployed(chain: Chain, past: boolean): Promise<Deployment> {
  if (past) return deployTo(chain);
  const folder = join(tmpdir(), `peaqos-testkit-${process.getuid?.() ?? "user"}`);
  const file = join(folder, `deployed-${chain.chainId}-${fingerprint()}.json`);
  let dump: Dump | undefined;
  try {
    dump = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // first call of all, or a half-written file of another version
  }
  if (dump) {
    await chain.admin("anvil_loadState", [dump.state]);
    await chain.setBatchExecutor(dump.deployment.batchExecutor);
    return dump.deployment;
  }
  const deployment = await deployTo(chain);
  const state = await chain.admin<Hex>("anvil_dumpState");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const old of readdirSync(folder)) {
    if (old.startsWith(`deployed-${chain.chainId}-`)) rmSync(join(folder, old), { force: true });
  }
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify({ deployment, state }), { mode: 0o600 });
  renameSync(temporary, file);
  return deployment;
}

/** Changes when a contract or the way they are deployed changes. */
function fingerprint(): string {
  const contracts = dirname(createRequire(import.meta.url).resolve("@peaqos/contracts/package.json"));
  const hash = createHash("sha256");
  for (const folder of ["artifacts", "deploy"]) {
    for (const name of readdirSync(join(contracts, folder), { recursive: true, encoding: "utf8" }).sort()) {
      if (/\.(json|ts)$/.test(name)) hash.update(name).update(readFileSync(join(contracts, folder, name)));
    }
  }
  return hash.digest("hex").slice(0, 16);
}
