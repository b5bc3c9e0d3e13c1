import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import {
  type Address,
  concatHex,
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hex,
  http,
  type LocalAccount,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { RpcAdmin } from "../deploy/index.ts";
import { anvilBinary } from "../scripts/forge.ts";

/** A bare Anvil on a free port, for tests of the contracts alone. */
export type Anvil = Awaited<ReturnType<typeof startAnvil>>;

export async function startAnvil() {
  const child = spawn(anvilBinary(), ["--port", "0", "--prune-history", "16"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`Anvil ended with code ${code} before it listened`)));
    createInterface(child.stdout).on("line", (line) => {
      const address = /Listening on (\S+)/.exec(line)?.[1];
      if (address) resolve(`http://${address}`);
    });
  });
  const chain = defineChain({
    id: 31337,
    name: "test",
    nativeCurrency: { name: "PEAQ", symbol: "PEAQ", decimals: 18 },
    rpcUrls: { default: { http: [url] } },
  });
  const transport = http(url, { batch: { wait: 1, batchSize: 500 } });
  const publicClient = createPublicClient({ chain, transport, pollingInterval: 5, cacheTime: 0 });
  const rpcAdmin: RpcAdmin = (method, params) => publicClient.request({ method, params } as never);
  return {
    url,
    publicClient,
    rpcAdmin,
    walletClient: (account: LocalAccount) => createWalletClient({ account, chain, transport }),
    /** A new account with 100 PEAQ. */
    async account(): Promise<LocalAccount> {
      const account = privateKeyToAccount(generatePrivateKey());
      await rpcAdmin("anvil_setBalance", [account.address, `0x${(100n * 10n ** 18n).toString(16)}`]);
      return account;
    },
    /** What the RPC gateway does around a batch: the account gets (or loses) the executor's designator. */
    async lend(account: Address, executor: Address | undefined): Promise<void> {
      const code: Hex = executor ? concatHex(["0xef0100", executor]) : "0x";
      await rpcAdmin("anvil_setCode", [account, code]);
    },
    async stop(): Promise<void> {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
