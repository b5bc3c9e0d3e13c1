import { contractEnv } from "@peaqos/contracts/env";
import type { RatingService } from "@peaqos/rating";
import type { DevnetFile } from "../files.ts";
import { logFile } from "../process/log-file.ts";

export type RatingPartOptions = {
  rpcUrl: string;
  chainId: number;
  databaseUrl: string;
  port: number;
  logFile: string;
  contracts: DevnetFile["contracts"];
  attestors: string[];
};

/** The rating service, in this process. Its code is loaded on first use. */
export async function createRatingPart(options: RatingPartOptions): Promise<RatingService> {
  const { createRatingService } = await import("@peaqos/rating");
  const { createLogger } = await import("@peaqos/service-kit");
  const logger = createLogger({ service: "rating", level: "info" }, logFile(options.logFile));
  return createRatingService(ratingEnv(options), { logger });
}

/** The settings a rating service of its own process would find in its environment. */
export function ratingEnv(options: RatingPartOptions): Record<string, string> {
  const { contracts } = options;
  return {
    PEAQOS_RPC_URL: options.rpcUrl,
    DATABASE_URL: options.databaseUrl,
    ...contractEnv(contracts),
    PEAQOS_MCR_HOST: "127.0.0.1",
    PEAQOS_MCR_PORT: String(options.port),
    PEAQOS_MCR_RATE_LIMIT: "0",
    PEAQOS_TRUST_POLICY: "verified",
    PEAQOS_EVIDENCE_CHAINS: JSON.stringify([
      { chainId: options.chainId, rpcUrl: options.rpcUrl, confirmations: 1 },
    ]),
    PEAQOS_PAYMENT_TOKENS: JSON.stringify([
      { chainId: options.chainId, address: contracts.usdc, decimals: 6, symbol: "USDC" },
      { chainId: options.chainId, address: contracts.usdt, decimals: 6, symbol: "USDT" },
    ]),
    PEAQOS_HARDWARE_ATTESTORS: JSON.stringify(options.attestors),
    // A data API on this computer may be asked; the network around it may not.
    PEAQOS_ALLOW_PRIVATE_URLS: "loopback",
    PEAQOS_MCR_POLL_MS: "50",
  };
}
