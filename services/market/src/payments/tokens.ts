import { RpcCallError, RpcUnavailable } from "@peaqos/service-kit";
import type { Market } from "../kit/market.ts";
import type { PaymentChain } from "./chain/chains.ts";

/**
 * Decimals of tokens: from the settings, else read once from the token's contract and kept. A token's decimals never
 * change, so what was read stands for good.
 */
export type Tokens = {
  /** At once; null when nobody knows yet. A look at the contract is then under way. */
  decimalsOf(chain: string, token: string): number | null;
  /** @throws RpcUnavailable, RpcCallError when the contract cannot be asked or is no token. */
  find(chain: string, token: string): Promise<number>;
  start(): Promise<void>;
};

const decimalsCall = "0x313ce567";
const keyOf = (chain: string, token: string) => `${chain}:${token.toLowerCase()}`;

export function createTokens(market: Market, chains: ReadonlyMap<string, PaymentChain>): Tokens {
  const { config, database, logger } = market;
  const known = new Map<string, number>(
    config.PEAQOS_PAYMENT_TOKENS.map((token) => [
      keyOf(`eip155:${token.chainId}`, token.address),
      token.decimals,
    ]),
  );
  const looking = new Map<string, Promise<number>>();

  async function read(chainId: string, token: string): Promise<number> {
    const chain = chains.get(chainId);
    if (chain === undefined) throw new RpcUnavailable(`no node is configured for ${chainId}`);
    await chain.checkId();
    const answer = await chain.rpc.call<unknown>("eth_call", [{ to: token, data: decimalsCall }, "latest"]);
    const decimals =
      typeof answer === "string" && /^0x[0-9a-f]{64}$/i.test(answer) ? Number(BigInt(answer)) : -1;
    if (decimals < 0 || decimals > 36)
      throw new RpcCallError("eth_call", 0, `${token} on ${chainId} tells no decimals`, undefined);
    await database.pool.query(
      "insert into payment_tokens (chain, address, decimals) values ($1, $2, $3) on conflict do nothing",
      [chainId, token.toLowerCase(), decimals],
    );
    known.set(keyOf(chainId, token), decimals);
    return decimals;
  }

  function find(chain: string, token: string): Promise<number> {
    const key = keyOf(chain, token);
    const there = known.get(key);
    if (there !== undefined) return Promise.resolve(there);
    const running = looking.get(key) ?? read(chain, token).finally(() => looking.delete(key));
    looking.set(key, running);
    return running;
  }

  return {
    find,
    decimalsOf(chain, token) {
      const there = known.get(keyOf(chain, token));
      if (there === undefined && chains.has(chain))
        find(chain, token).catch((error: unknown) =>
          logger.warn({ err: error, chain, token }, "a token's decimals cannot be read"),
        );
      return there ?? null;
    },
    async start() {
      const { rows } = await database.pool.query<{ chain: string; address: string; decimals: number }>(
        "select chain, address, decimals from payment_tokens",
      );
      for (const row of rows) {
        const key = keyOf(row.chain, row.address);
        if (!known.has(key)) known.set(key, row.decimals);
      }
    },
  };
}
