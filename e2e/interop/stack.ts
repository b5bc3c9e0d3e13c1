import { join } from "node:path";
import type { DevnetFile } from "@peaqos/devnet";
import { startDevnet } from "../../apps/devnet/src/devnet.ts";
import { Parts } from "../../apps/devnet/src/parts/parts.ts";
import { Timings } from "../../apps/devnet/src/timings.ts";
import { readEnvFile } from "./env-file.ts";
import { type MarketSide, startMarketSide } from "./market-side.ts";

/** A devnet of the run's own: free ports, a temporary data directory, the seeded machines. */
export type Stack = {
  file: DevnetFile;
  /** devnet.env as a client would source it. */
  env: Record<string, string>;
  chainId: number;
  developer: { address: string; privateKey: string };
  /** Address of the account that operates the seeded machines. */
  operator: string;
  /** Keyword arguments of the published SDK's client. */
  clientConfig(privateKey: string): Record<string, string>;
  /** Gives an account 100 PEAQ. */
  fund(address: string): Promise<void>;
  nonce(address: string): Promise<number>;
  /** The chain's time in seconds. */
  now(): number;
  market: MarketSide;
  /** Resolves when the rating service has read the newest block. */
  settled(): Promise<void>;
  stop(): Promise<void>;
};

export async function startStack(dataDir: string): Promise<Stack> {
  const parts = new Parts();
  const devnet = await startDevnet(
    {
      dataDir,
      ports: { rpc: 0, rating: 0, market: 0, sellers: 0, postgres: 0 },
      chainId: 33_380,
      seed: true,
      sellers: true,
      reset: false,
      detach: false,
      timings: false,
    },
    { command: "interop", timings: new Timings(), onProgress: () => {}, wallClock: Date.now },
    parts,
  ).catch(async (error) => {
    await parts.stop();
    throw error;
  });
  const { file } = devnet;
  const env = readEnvFile(join(file.data_dir, "devnet.env"));
  const role = (name: string) => file.accounts.find((account) => account.role === name)!;
  const developer = role("developer");

  const rpc = async <T>(method: string, params: unknown[]): Promise<T> => {
    const response = await fetch(file.urls.rpc, {
      method: "POST",
      headers: { "content-type": "application/json", "x-peaqos-admin": file.adminFlag },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const answer = (await response.json()) as { result: T; error?: { message: string } };
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  };

  const fund = async (address: string): Promise<void> => {
    await rpc("anvil_setBalance", [address, `0x${(100n * 10n ** 18n).toString(16)}`]);
  };
  const market = await startMarketSide(file, fund).catch(async (error) => {
    await parts.stop();
    throw error;
  });

  return {
    file,
    env,
    market,
    chainId: file.chain_id,
    developer: { address: developer.address, privateKey: developer.private_key },
    operator: role("operator").address,
    clientConfig: (privateKey) => ({
      rpc_url: file.urls.rpc,
      private_key: privateKey,
      identity_registry: file.contracts.identityRegistry,
      identity_staking: file.contracts.identityStaking,
      event_registry: file.contracts.eventRegistry,
      machine_nft: file.contracts.machineNft,
      did_registry: file.contracts.didRegistry,
      batch_precompile: file.contracts.batchPrecompile,
      api_url: file.urls.rating ?? "http://127.0.0.1:1",
    }),
    fund,
    nonce: async (address) => Number(await rpc("eth_getTransactionCount", [address, "latest"])),
    now: () => Math.floor(Date.now() / 1000),
    async settled() {
      const head = Number(await rpc("eth_blockNumber", []));
      const url = `${file.urls.rating}/mcr/${file.machines[0]?.did}/explain`;
      const deadline = performance.now() + 10_000;
      for (;;) {
        const answer = (await (await fetch(url)).json()) as { block_number?: number };
        if ((answer.block_number ?? 0) >= head) return;
        if (performance.now() > deadline)
          throw new Error(`the rating service is at block ${answer.block_number}, the chain at ${head}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    async stop() {
      await market.stop();
      await parts.stop();
    },
  };
}
