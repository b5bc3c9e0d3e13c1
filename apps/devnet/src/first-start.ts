import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "@peaqos/contracts";
import type { Hex } from "viem";
import { encodeFunctionData, parseAbi, toHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { devnetAccounts } from "./accounts.ts";
import type { Chain } from "./chain/index.ts";
import { deployTo } from "./deployment.ts";
import type { MachineEntry } from "./files.ts";
import { writeAtomically } from "./files.ts";
import { seed } from "./parts/seeds.ts";
import type { Timings } from "./timings.ts";

/** What the first start made; written when it is complete, so that an interrupted one can be told from it. */
export type FirstStart = { version: 1; at: string; deployment: Deployment; machines: MachineEntry[] };

const DAY = 86_400;
/** The chain begins a little more than 13 months before the first start, so that seeds have a year of history. */
export const GENESIS_AGE = 396 * DAY;

const PEAQ = 10n ** 18n;
const FUNDS = 100_000n * PEAQ;
const TOKENS = 1_000_000n * 10n ** 6n;

export function readFirstStart(dataDir: string): FirstStart | undefined {
  try {
    return JSON.parse(readFileSync(markerFile(dataDir), "utf8")) as FirstStart;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export function markerFile(dataDir: string): string {
  return join(dataDir, "first-start.json");
}

export type FirstStartOptions = {
  dataDir: string;
  seed: boolean;
  now: number;
  timings: Timings;
  onProgress: (text: string) => void;
};

/** Deploys the contracts, funds the accounts, mines the seeds at their own times and lets the clock jump to now. */
export async function makeFirstStart(chain: Chain, options: FirstStartOptions): Promise<FirstStart> {
  const { timings, onProgress, now } = options;
  onProgress("deploying the contracts");
  const deployment = await timings.measure("deploy contracts", () => deployTo(chain));
  await timings.measure("fund accounts", () => fund(chain, deployment));
  let machines: MachineEntry[] = [];
  if (options.seed) {
    onProgress("seeding machines and their year of history");
    const seeded = await timings.measure("seed machines", () =>
      seed({
        chain,
        deployment,
        accounts: devnetAccounts(),
        adminRpc: chain.admin,
        now,
        onProgress: () => {},
      }),
    );
    machines = seeded.map(({ name, shows, did, machineId, address, privateKey }) => ({
      name,
      shows,
      did,
      machine_id: String(machineId),
      address,
      private_key: privateKey,
    }));
  }
  await chain.admin("evm_setTime", [now]);
  await chain.admin("evm_mine");
  const made: FirstStart = { version: 1, at: new Date(now * 1000).toISOString(), deployment, machines };
  writeAtomically(markerFile(options.dataDir), `${JSON.stringify(made, null, 2)}\n`);
  return made;
}

const mintAbi = parseAbi(["function mint(address to, uint256 amount)"]);

/** PEAQ for every account, test USDC and test USDT for the developer, the payer and the agent. */
async function fund(chain: Chain, deployment: Deployment): Promise<void> {
  const { admin, ...others } = devnetAccounts();
  await Promise.all(
    Object.values(others).map(({ address }) => chain.admin("anvil_setBalance", [address, toHex(FUNDS)])),
  );
  const signer = privateKeyToAccount(admin.privateKey);
  let nonce = Number(await chain.admin<Hex>("eth_getTransactionCount", [admin.address, "latest"]));
  const calls = [deployment.usdc, deployment.usdt].flatMap((token) =>
    [others.developer, others.payer, others.agent].map(({ address }) => ({ token, address, nonce: nonce++ })),
  );
  const raws = await Promise.all(
    calls.map((call) =>
      signer.signTransaction({
        type: "eip1559",
        chainId: chain.chainId,
        nonce: call.nonce,
        to: call.token,
        gas: 150_000n,
        maxFeePerGas: 10n ** 10n,
        maxPriorityFeePerGas: 10n ** 9n,
        data: encodeFunctionData({ abi: mintAbi, functionName: "mint", args: [call.address, TOKENS] }),
      }),
    ),
  );
  await Promise.all(raws.map((raw) => chain.send(raw)));
}
