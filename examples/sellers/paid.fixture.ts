import { testUsdcAbi } from "@peaqos/abi";
import type { TestChain } from "@peaqos/testkit";
import type { PrivateKeyAccount } from "viem/accounts";

/** For tests: pays as a buyer does, and says so as the market does. */

export type Hash = `0x${string}`;

export type Transfer = { token: Hash; to: Hash; units: bigint; from?: PrivateKeyAccount };

/** Mints the units to the payer and transfers them. */
export async function transfer(chain: TestChain, { token, to, units, from }: Transfer): Promise<Hash> {
  const payer = from ?? (await chain.account("buyer"));
  await chain.wallet(chain.adminAccount).writeContract({
    address: token,
    abi: testUsdcAbi,
    functionName: "mint",
    args: [payer.address, units],
  });
  return chain.wallet(payer).writeContract({
    address: token,
    abi: testUsdcAbi,
    functionName: "transfer",
    args: [to, units],
  });
}

export type Claim = { hash: Hash; payer: Hash; payee: Hash; units: bigint; symbol: string; order: string };

/** The headers of an execution that was paid for. */
export function paidHeaders(chainId: number, claim: Claim): Record<string, string> {
  const { hash, payer, payee, units, symbol, order } = claim;
  return {
    "x-peaqos-order-id": order,
    "x-peaqos-machine-id": "mach_9b2d7c6e5a10",
    "x-peaqos-payment": JSON.stringify({
      chain: `eip155:${chainId}`,
      token: symbol,
      transactionHash: hash,
      payer,
      payee,
      amount: `${units / 1_000_000n}.${String(units % 1_000_000n).padStart(6, "0")}`,
      rawAmount: String(units),
    }),
  };
}

/** Pays and gives the headers. */
export async function paid(
  chain: TestChain,
  symbol: "USDC" | "USDT",
  to: Hash,
  units: bigint,
  order: string,
  from?: PrivateKeyAccount,
): Promise<Record<string, string> & { hash: Hash }> {
  const token = symbol === "USDC" ? chain.deployment.usdc : chain.deployment.usdt;
  const payer = from ?? (await chain.account("buyer"));
  const hash = await transfer(chain, { token, to, units, from: payer });
  const headers = paidHeaders(chain.chainId, { hash, payer: payer.address, payee: to, units, symbol, order });
  return Object.defineProperty(headers, "hash", { value: hash, enumerable: false }) as never;
}
