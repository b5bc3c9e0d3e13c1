import { batchAbi } from "@peaqos/abi";
import { viemChain } from "@peaqos/devnet";
import { type Address, createPublicClient, createWalletClient, type Hex, http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Running } from "./devnet.ts";

const PEAQ = 10n ** 18n;

/** A station pays for writing its own DID attributes, once. */
const STATION_HAS = PEAQ / 50n;
const STATION_NEEDS = PEAQ / 200n;

/** Bond and gas of the operator for a fleet of that size. */
function operatorNeeds(stations: number): bigint {
  return BigInt(stations + 1) * (PEAQ + PEAQ / 20n);
}

/**
 * The devnet's developer account pays: the operator's bonds and gas, and a little gas for each station. Who has enough
 * gets nothing. One transaction through the batch precompile.
 */
export async function fund(
  running: Running,
  operator: Address,
  stations: readonly Address[],
  registered: number,
): Promise<Hex | undefined> {
  const chain = viemChain({ chainId: running.file.chain_id, url: running.file.urls.rpc });
  const transport = http(running.file.urls.rpc, { batch: { batchSize: 500, wait: 1 } });
  const client = createPublicClient({ chain, transport, pollingInterval: 20 });
  const wanted = [
    {
      to: operator,
      least: operatorNeeds(stations.length - registered),
      amount: operatorNeeds(stations.length),
    },
    ...stations.map((to) => ({ to, least: STATION_NEEDS, amount: STATION_HAS })),
  ];
  const balances = await Promise.all(wanted.map(({ to }) => client.getBalance({ address: to })));
  const poor = wanted.filter(({ least }, index) => balances[index]! < least);
  if (poor.length === 0) return undefined;

  const account = privateKeyToAccount(running.env.PEAQOS_PRIVATE_KEY as Hex);
  const hash = await createWalletClient({ account, chain, transport }).writeContract({
    address: running.file.contracts.batchPrecompile,
    abi: batchAbi,
    functionName: "batchAll",
    args: [poor.map(({ to }) => to), poor.map(({ amount }) => amount), poor.map(() => "0x" as const), []],
    gas: 200_000n + 50_000n * BigInt(poor.length),
  });
  const receipt = await client.waitForTransactionReceipt({ hash });
  if (receipt.status !== "success") throw new Error(`The funding transaction ${hash} failed.`);
  return hash;
}
