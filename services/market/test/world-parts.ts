import { testUsdcAbi, testUsdtAbi } from "@peaqos/abi";
import { createRatingService } from "@peaqos/rating";
import { createLogger } from "@peaqos/service-kit";
import { type TestChain, testDatabase } from "@peaqos/testkit";
import { type Address, type Hex, parseUnits } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";

/** What a world is made of: the rating service, and money on the chain. */

export type WorldRating = AsyncDisposable & {
  readonly url: string;
  stop(): Promise<void>;
  /** After `stop`: on the same database and port. */
  start(): Promise<void>;
};

export async function startRatingOf(chain: TestChain): Promise<WorldRating> {
  const database = await testDatabase();
  const { deployment } = chain;
  const settings = {
    PEAQOS_RPC_URL: chain.url,
    DATABASE_URL: database.url,
    ...chain.contractEnv,
    PEAQOS_MCR_RATE_LIMIT: "0",
    PEAQOS_MCR_POLL_MS: "10",
    PEAQOS_PAYMENT_TOKENS: JSON.stringify([
      { chainId: chain.chainId, address: deployment.usdc, decimals: 6, symbol: "USDC" },
    ]),
  };
  const logger = createLogger({ service: "rating", level: "silent" });
  const on = async (port: string) => {
    const service = await createRatingService({ ...settings, PEAQOS_MCR_PORT: port }, { logger });
    await service.start();
    return service;
  };
  let service = await on("0");
  const { url } = service;
  return {
    url,
    stop: () => service.stop(),
    async start() {
      service = await on(new URL(url).port);
    },
    async [Symbol.asyncDispose]() {
      await service.stop();
      await database.drop();
    },
  };
}

/** What `pay` needs of a payment's answer. */
export type Payable = {
  readonly amount: number | string | null;
  readonly rail: {
    readonly tokenAddress: string | null;
    readonly payeeAddress: string | null;
    readonly metadata?: { readonly rawAmount?: unknown } | null;
  };
};

/** Test USDC and test USDT of a chain. */
export function createFunds(chain: TestChain) {
  const { usdc, usdt } = chain.deployment;

  async function mint(address: Address, tokens: number): Promise<void> {
    const wallet = chain.wallet(chain.adminAccount);
    const args = [address, parseUnits(String(tokens), 6)] as const;
    for (const [token, abi] of [
      [usdc, testUsdcAbi],
      [usdt, testUsdtAbi],
    ] as const) {
      const hash = await wallet.writeContract({ address: token, abi, functionName: "mint", args });
      await chain.publicClient.waitForTransactionReceipt({ hash });
    }
  }

  // One after the other: all of them are transactions of the same account.
  let minted: Promise<void> = Promise.resolve();

  return {
    fund(address: Address, tokens = 1_000): Promise<void> {
      minted = minted.then(() => mint(address, tokens));
      return minted;
    },

    async pay(account: PrivateKeyAccount, payment: Payable): Promise<Hex> {
      const raw = payment.rail.metadata?.rawAmount;
      const units = typeof raw === "string" ? BigInt(raw) : parseUnits(String(payment.amount), 6);
      const hash = await chain.wallet(account).writeContract({
        address: payment.rail.tokenAddress as Address,
        abi: testUsdcAbi,
        functionName: "transfer",
        args: [payment.rail.payeeAddress as Address, units],
      });
      await chain.publicClient.waitForTransactionReceipt({ hash });
      return hash;
    },
  };
}
