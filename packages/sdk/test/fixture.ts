import type { TestChain } from "@peaqos/testkit";
import { generateKeypair, type Hex, PeaqosClient, type PeaqosClientOptions } from "../src/index.ts";

/** Contract addresses of a test chain, by the client's names. */
export function contractsOf(chain: TestChain): PeaqosClientOptions["contracts"] {
  const {
    identityRegistry,
    identityStaking,
    eventRegistry,
    machineNft,
    adminFlags,
    didRegistry,
    batchPrecompile,
  } = chain.deployment;
  return {
    identityRegistry,
    identityStaking,
    eventRegistry,
    machineNft,
    adminFlags,
    didRegistry,
    batchPrecompile,
  };
}

/** A client with a fresh key and `balance` wei (default 10,000 PEAQ). */
export async function newClient(
  chain: TestChain,
  options: Partial<PeaqosClientOptions> & { balance?: bigint } = {},
): Promise<PeaqosClient & { key: Hex }> {
  const { balance = 10_000n * 10n ** 18n, ...rest } = options;
  const { address, privateKey } = generateKeypair();
  await chain.admin("anvil_setBalance", [address, `0x${balance.toString(16)}`]);
  const client = new PeaqosClient({
    rpcUrl: chain.url,
    privateKey,
    contracts: contractsOf(chain),
    ...rest,
  });
  return Object.assign(client, { key: privateKey });
}

/** Everything an async iterable gives. */
export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** Options of a client that never reaches a chain. */
export const offlineOptions: PeaqosClientOptions = {
  rpcUrl: "http://127.0.0.1:1",
  privateKey: `0x${"11".repeat(32)}`,
  contracts: {
    identityRegistry: `0x${"11".repeat(20)}`,
    identityStaking: `0x${"22".repeat(20)}`,
    eventRegistry: `0x${"33".repeat(20)}`,
    machineNft: `0x${"44".repeat(20)}`,
    didRegistry: "0x0000000000000000000000000000000000000800",
    batchPrecompile: "0x0000000000000000000000000000000000000805",
  },
};
