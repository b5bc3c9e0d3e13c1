import { join } from "node:path";
import type { MarketService } from "@peaqos/market";
import type { RatingService } from "@peaqos/rating";
import { devnetAccounts } from "../accounts.ts";
import type { AgentEntry, DevnetFile } from "../files.ts";
import { readDevnetFile } from "../files.ts";
import type { DevnetOptions } from "../options.ts";
import { readOrMakeSecrets } from "../secrets.ts";
import type { Timings } from "../timings.ts";
import { pairAgent } from "./agent.ts";
import { createMarketPart } from "./market.ts";
import { type Parts, settle } from "./parts.ts";
import { createRatingPart } from "./rating.ts";
import { startSellersPart } from "./sellers.ts";

/** Everything over the chain and the database: rating service, sellers, market, and the agent that is paired on it. */

export type Services = {
  rating: RatingService;
  market: MarketService;
  apiKey: string;
  sellers: DevnetFile["sellers"];
  agent: AgentEntry | null;
};

type Place = {
  dataDir: string;
  logs: string;
  rpcUrl: string;
  contracts: DevnetFile["contracts"];
  machines: DevnetFile["machines"];
  databaseUrls: DevnetFile["database_urls"];
};

type Start = { parts: Parts; timings: Timings; onProgress: (text: string) => void };

export async function startServices(options: DevnetOptions, place: Place, start: Start): Promise<Services> {
  const { dataDir, logs, rpcUrl, contracts, machines, databaseUrls } = place;
  const { parts, timings, onProgress } = start;
  const { ports, chainId } = options;
  const secrets = readOrMakeSecrets(dataDir);
  const chain = { rpcUrl, chainId, contracts };

  const ratingWork = timings.measure("rating service", async () => {
    const part = await createRatingPart({
      ...chain,
      databaseUrl: databaseUrls.rating,
      port: ports.rating,
      logFile: join(logs, "rating.log"),
      attestors: [devnetAccounts().attestor.address],
    });
    await parts.add("rating service", () => part.stop());
    await part.start();
    await caughtUp(part, parts);
    return part;
  });

  const marketWork = (async () => {
    const listed = options.sellers
      ? await timings.measure("sellers", async () => {
          const logFile = join(logs, "sellers.log");
          const part = await startSellersPart({ ...chain, port: ports.sellers, dataDir, logFile, machines });
          await parts.add("sellers", () => part.sellers.stop());
          return part;
        })
      : undefined;
    const market = await timings.measure("market", async () => {
      const part = await createMarketPart({
        ...chain,
        databaseUrl: databaseUrls.market,
        // Where the rating service will be; only a port of the system's choice is known no earlier than that.
        ratingUrl: ports.rating === 0 ? (await ratingWork).url : `http://127.0.0.1:${ports.rating}`,
        port: ports.market,
        logFile: join(logs, "market.log"),
        secrets,
        catalogueFile: listed?.catalogueFile,
      });
      await parts.add("market", () => part.stop());
      await part.start();
      return part;
    });
    const sellers = [...(listed?.sellers.sellers ?? [])].map(([name, { url }]) => ({ name, url }));
    return { market, sellers };
  })();

  const [rating, { market, sellers }] = await settle(ratingWork, marketWork);
  const apiKey = secrets.api_key;
  const agent = await timings.measure("agent", () =>
    agentOf({ url: market.url, apiKey }, machines, dataDir, onProgress),
  );
  return { rating, market, apiKey, sellers, agent };
}

/** The devnet works without its agent: what keeps it from being paired is told, and the rest goes on. */
async function agentOf(
  market: { url: string; apiKey: string },
  machines: DevnetFile["machines"],
  dataDir: string,
  onProgress: (text: string) => void,
): Promise<AgentEntry | null> {
  try {
    return await pairAgent(market, machines, readDevnetFile(dataDir)?.agent ?? null);
  } catch (error) {
    onProgress(`the devnet's agent has no token: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}

/** Ready means: the ratings of all blocks so far can be asked for. */
async function caughtUp(service: RatingService, parts: Parts): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const response = await fetch(`${service.url}/ready`).catch(() => undefined);
    if (response?.ok) return;
    if (parts.stopping) throw new Error("stopped while the rating service started");
    if (performance.now() > deadline) {
      const body = await response?.text().catch(() => "");
      throw new Error(`The rating service did not become ready within a minute: ${body || "no answer"}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
