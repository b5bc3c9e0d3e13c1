import { configFromEnvironment } from "../seller-template/run.ts";
import type { SellerConfig, Token } from "../seller-template/types.ts";

/** What a seller with a price needs on top. */
export type PaidConfig = SellerConfig & {
  readonly rpcUrl: string;
  readonly token: Token;
  readonly payee: `0x${string}`;
  /** Decimal text in units of the token; each seller has its default. */
  readonly amount?: string;
};

/** Settings of a paid seller that runs on its own: devnet.env has the first three, SELLER_PAYEE is yours. */
export function paidConfigFromEnvironment(name: string, port: number, symbol: "USDC" | "USDT"): PaidConfig {
  const rpcUrl = setting("PEAQOS_RPC_URL");
  const chainId = Number(setting("PEAQOS_CHAIN_ID"));
  if (!Number.isSafeInteger(chainId) || chainId < 1)
    throw new Error("PEAQOS_CHAIN_ID must be the number of the chain behind PEAQOS_RPC_URL");
  const token = { chainId, symbol, address: address(`TEST_${symbol}_ADDRESS`), decimals: 6 };
  return { ...configFromEnvironment(name, port), rpcUrl, token, payee: address("SELLER_PAYEE") };
}

export function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "")
    throw new Error(`${name} is not set; examples/sellers/README.md says what it is`);
  return value;
}

function address(name: string): `0x${string}` {
  const value = setting(name);
  if (!/^0x[0-9a-fA-F]{40}$/.test(value))
    throw new Error(`${name} must be an address, 0x and 40 hexadecimal digits`);
  return value as `0x${string}`;
}
