import { createHash } from "node:crypto";
import type { MarketService } from "@peaqos/market";
import type { DevnetFile } from "../files.ts";
import { logFile } from "../process/log-file.ts";
import type { Secrets } from "../secrets.ts";

export type MarketPartOptions = {
  rpcUrl: string;
  chainId: number;
  databaseUrl: string;
  ratingUrl: string;
  port: number;
  logFile: string;
  contracts: Pick<DevnetFile["contracts"], "usdc" | "usdt">;
  secrets: Secrets;
  /** Absent: a market without services. */
  catalogueFile: string | undefined;
};

/** The market, in this process. Its code is loaded on first use. */
export async function createMarketPart(options: MarketPartOptions): Promise<MarketService> {
  const { createMarketService } = await import("@peaqos/market");
  const { createLogger } = await import("@peaqos/service-kit");
  const logger = createLogger({ service: "market", level: "info" }, logFile(options.logFile));
  return createMarketService(marketEnv(options), { logger });
}

/** Tokens of the devnet live for a week: nobody wants to sign again after an hour of trying things out. */
const WEEK = 604_800;

/** The settings a market of its own process would find in its environment. */
export function marketEnv(options: MarketPartOptions): Record<string, string> {
  const { contracts, secrets, chainId } = options;
  const chain = `eip155:${chainId}`;
  return {
    DATABASE_URL: options.databaseUrl,
    PEAQOS_MARKET_HOST: "127.0.0.1",
    PEAQOS_MARKET_PORT: String(options.port),
    PEAQOS_MARKET_DATABASE_CONNECTIONS: "10",
    PEAQOS_MARKET_RATE_LIMIT: "0",
    PEAQOS_MARKET_JOB_POLL_MS: "50",
    PEAQOS_REQUIRE_API_AUTH: "true",
    PEAQOS_API_KEYS: createHash("sha256").update(secrets.api_key).digest("hex"),
    PEAQOS_SESSION_SECRET: secrets.session_secret,
    PEAQOS_SESSION_TTL_SECONDS: String(WEEK),
    PEAQOS_MARKET_ISSUER: "peaqos-devnet",
    PEAQOS_MCR_API_URL: options.ratingUrl,
    PEAQOS_PAYMENT_RPC_URLS: JSON.stringify({ [chain]: options.rpcUrl }),
    PEAQOS_PAYMENT_CONFIRMATIONS: JSON.stringify({ [chain]: 1 }),
    PEAQOS_PAYMENT_TOKENS: JSON.stringify([
      { chainId, address: contracts.usdc, decimals: 6, symbol: "USDC" },
      { chainId, address: contracts.usdt, decimals: 6, symbol: "USDT" },
    ]),
    PEAQOS_PAYMENT_POLL_MS: "50",
    // Sellers and runtime endpoints on this computer may be called; the network around it may not.
    PEAQOS_ALLOW_PRIVATE_URLS: "loopback",
    ...(options.catalogueFile === undefined ? {} : { PEAQOS_CATALOGUE_FILE: options.catalogueFile }),
  };
}
