import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { devnetKey } from "@peaqos/devnet";
import { type TestChain, testChain } from "@peaqos/testkit";

/** A chain with contracts and a folder to run the CLI in. */
export type Stack = AsyncDisposable & {
  readonly chain: TestChain;
  readonly folder: string;
  /** Environment for a signer of this name; it gets `balance` wei (10,000 PEAQ when absent). */
  env(name: string, balance?: bigint, more?: Record<string, string>): Promise<Record<string, string>>;
  key(name: string): `0x${string}`;
};

export async function startStack(): Promise<Stack> {
  const chain = await testChain();
  const folder = await mkdtemp(join(tmpdir(), "peaqos-cli-"));
  const key = (name: string) => devnetKey(`test ${name}`);
  return {
    chain,
    folder,
    key,
    env: async (name, balance, more = {}) => {
      await chain.account(name, balance);
      return {
        PEAQOS_RPC_URL: chain.url,
        PEAQOS_PRIVATE_KEY: key(name),
        ...chain.contractEnv,
        ...more,
      };
    },
    [Symbol.asyncDispose]: async () => {
      await chain.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
