import { setTimeout as delay } from "node:timers/promises";
import { ratingOperations } from "@peaqos/protocol";
import {
  allowedAddresses,
  createHttpServer,
  createLogger,
  createMetrics,
  createRpcClient,
  createShutdown,
  type Database,
  listen,
  migrate,
  openApiTextOf,
  openDatabase,
  type RpcClient,
  withoutCredentials,
} from "@peaqos/service-kit";
import type { Logger } from "pino";
import type { Hex } from "viem";
import { createRatingKeeper } from "./answers/keeper.ts";
import { createPartnerData } from "./answers/partner.ts";
import { type RatingConfig, readRatingConfig } from "./config.ts";
import { bindToChain, channel, readChange } from "./db/head.ts";
import { migrations } from "./db/migrations.ts";
import { createReads } from "./db/read.ts";
import type { EvidenceChain } from "./evidence/transactions.ts";
import type { EvidencePolicy } from "./evidence/types.ts";
import { takePart } from "./follow/election.ts";
import { contractsText, createFollower } from "./follow/follower.ts";
import { type FollowedContracts, quantity } from "./follow/logs.ts";
import { createRates } from "./rates.ts";
import { createReadyProbe, neverReady, type ReadyProbe } from "./ready.ts";
import { ratingErrorFormat } from "./routes/errors.ts";
import { createHandlers, type RatingParts } from "./routes/handlers.ts";

/** The rating service: follows the chain into the database and answers from it. Any number may share a database. */

export type RatingService = {
  /** Where it answers; known after `start`. */
  readonly url: string;
  /** Opens the database, brings its schema up to date, listens, begins to follow. */
  start(): Promise<void>;
  /** Ends open requests, then everything else, within the grace period. */
  stop(): Promise<void>;
};

export type RatingDeps = {
  readonly logger?: Logger;
  /** Wall clock in milliseconds. */
  readonly now?: () => number;
};

const graceMs = 5_000;
/** How long the start waits for the chain before it serves what it has. */
const chainWaitMs = 2_000;

type Followed = {
  readonly config: RatingConfig;
  readonly contracts: FollowedContracts;
  readonly rpc: RpcClient;
  readonly database: Database<unknown>;
  readonly databaseUrl: string;
};

/**
 * @param settings the variables a process of its own would find in its environment.
 * @throws ConfigError at once; MigrationError, WrongChain, DatabaseDown from `start`.
 * @example
 * const service = await createRatingService(process.env);
 * await service.start();
 */
export async function createRatingService(
  settings: Readonly<Record<string, string | undefined>>,
  deps: RatingDeps = {},
): Promise<RatingService> {
  const config = readRatingConfig(settings);
  const logger = deps.logger ?? serviceLogger(config);
  const now = deps.now ?? Date.now;
  const shutdown = createShutdown({ graceMs, logger });
  const metrics = createMetrics({ service: "rating", defaults: true });
  let url = "";

  /** Everything but the listening. */
  async function createServer(parts: RatingParts | null, ready: ReadyProbe) {
    const app = await createHttpServer({
      info: {
        title: "peaqOS rating API",
        version: "1.0.0",
        description: "Machine Credit Ratings (MCR) that explain themselves.",
      },
      operations: ratingOperations,
      handlers: createHandlers({ parts, ready, metrics, openApi: () => openApi() }),
      errors: ratingErrorFormat,
      logger,
      metrics,
      rateLimit: {
        perMinute: config.PEAQOS_MCR_RATE_LIMIT,
        internalKey: config.PEAQOS_INTERNAL_KEY,
        exempt: ["/health", "/ready", "/metrics"],
      },
      trustProxy: config.PEAQOS_MCR_TRUST_PROXY,
      checkAnswers: config.PEAQOS_MCR_CHECK_ANSWERS,
      bodyLimit: 1_024,
      // Ratings are public: any page may read them.
      headers: { "access-control-allow-origin": "*" },
    });
    const openApi = openApiTextOf(app);
    await app.ready();
    return app;
  }

  async function serve(app: Awaited<ReturnType<typeof createServer>>): Promise<void> {
    url = await app.listen({ host: config.PEAQOS_MCR_HOST, port: config.PEAQOS_MCR_PORT });
    shutdown.add("http", () => app.close());
    logger.info({ url }, "rating API listening");
  }

  async function startInitialised(contracts: FollowedContracts): Promise<void> {
    const databaseUrl = config.DATABASE_URL!;
    const rpc = createRpcClient({ url: config.PEAQOS_RPC_URL! });
    shutdown.add("rpc", () => rpc.close());
    const database = openDatabase<unknown>({ url: databaseUrl, logger, applicationName: "peaqos-rating" });
    shutdown.add("database", () => database.close());
    const reads = createReads(database);
    const trustPolicy = config.PEAQOS_TRUST_POLICY;
    const keeper = createRatingKeeper(reads, trustPolicy);
    metrics.gauge("rating_kept_answers", "Ratings kept in the process", () => keeper.size);
    metrics.gauge("rating_head_block", "Newest block answered from", () => keeper.head?.number ?? -1);
    const partner = createPartnerData({ allow: allowedAddresses[config.PEAQOS_ALLOW_PRIVATE_URLS], now });
    const ready = createReadyProbe({ rpc, database, contracts, now, stopping: () => shutdown.started });
    const identityRegistry = config.IDENTITY_REGISTRY_ADDRESS as Hex;
    const [app, applied] = await Promise.all([
      createServer({ reads, keeper, partner, identityRegistry, trustPolicy }, ready),
      migrate(database, migrations),
    ]);
    if (applied.length > 0)
      logger.info({ applied, database: withoutCredentials(databaseUrl) }, "schema brought up to date");
    const followed: Followed = { config, contracts, rpc, database, databaseUrl };
    if (config.PEAQOS_MCR_FOLLOW) {
      await checkChain(followed, logger);
      startFollowing(followed);
    }
    const listener = await listen({
      url: databaseUrl,
      channel,
      logger,
      onMessage: (payload) => keeper.onChange(readChange(payload)),
      onConnected: () => keeper.onConnected(),
      onLost: () => keeper.onLost(),
    });
    shutdown.add("notifications", () => listener.stop());
    await serve(app);
  }

  function startFollowing(followed: Followed): void {
    const stopping = new AbortController();
    const work = follow(followed, stopping.signal, { logger, now }).catch((error: unknown) => {
      if (!stopping.signal.aborted) logger.fatal({ err: error }, "following the chain ended");
    });
    shutdown.add("follower", async () => {
      stopping.abort();
      await work;
    });
  }

  return {
    get url() {
      return url;
    },
    async start() {
      try {
        const contracts = followedContracts(config);
        if (contracts === null) {
          logger.warn("IDENTITY_REGISTRY_ADDRESS is not set: test mode, data is answered 503");
          await serve(await createServer(null, neverReady));
        } else await startInitialised(contracts);
      } catch (error) {
        await shutdown.run();
        throw error;
      }
    },
    stop: () => shutdown.run(),
  };
}

export function serviceLogger(config: RatingConfig): Logger {
  return createLogger({ service: "rating", level: config.PEAQOS_LOG_LEVEL, file: config.PEAQOS_LOG_FILE });
}

function followedContracts(config: RatingConfig): FollowedContracts | null {
  if (config.IDENTITY_REGISTRY_ADDRESS === undefined) return null;
  return {
    identityRegistry: config.IDENTITY_REGISTRY_ADDRESS,
    identityStaking: config.IDENTITY_STAKING_ADDRESS!,
    eventRegistry: config.EVENT_REGISTRY_ADDRESS!,
    machineNft: config.MACHINE_NFT_ADDRESS!,
    didRegistry: config.DID_REGISTRY_ADDRESS,
    adminFlags: config.ADMIN_FLAGS_ADDRESS ?? null,
  };
}

/** Finds out at the start whether the database belongs to this chain, when the chain answers in time. */
async function checkChain(followed: Followed, logger: Logger): Promise<void> {
  const asked = followed.rpc.call("eth_chainId", []).then(quantity);
  const chainId = await Promise.race([asked.catch(() => null), delay(chainWaitMs, null, { ref: false })]);
  if (chainId === null) {
    logger.warn("the chain does not answer: serving the last data");
    return;
  }
  const { contracts, config, database } = followed;
  await database.transaction((client) =>
    bindToChain(client, chainId, contractsText(contracts), config.PEAQOS_MCR_START_BLOCK),
  );
}

/** The chain's id, however long it takes until the node answers. */
async function chainIdOf(rpc: RpcClient, signal: AbortSignal): Promise<number | null> {
  while (!signal.aborted) {
    try {
      return quantity(await rpc.call("eth_chainId", []));
    } catch {
      await delay(500, undefined, { signal }).catch(() => undefined);
    }
  }
  return null;
}

async function follow(
  followed: Followed,
  signal: AbortSignal,
  { logger, now }: { logger: Logger; now: () => number },
): Promise<void> {
  const { config, contracts, rpc, database, databaseUrl } = followed;
  const chainId = await chainIdOf(rpc, signal);
  if (chainId === null) return;
  const rates = await createRates({ database, url: config.PEAQOS_FX_URL, logger, now });
  const policy: EvidencePolicy = {
    trustPolicy: config.PEAQOS_TRUST_POLICY,
    homeChainId: chainId,
    identityRegistry: contracts.identityRegistry,
    eventRegistry: contracts.eventRegistry,
    tokens: config.PEAQOS_PAYMENT_TOKENS,
    attestors: config.PEAQOS_HARDWARE_ATTESTORS,
  };
  const configured: EvidenceChain[] = config.PEAQOS_EVIDENCE_CHAINS.map((chain) => ({
    chainId: chain.chainId,
    confirmations: chain.confirmations,
    rpc: createRpcClient({ url: chain.rpcUrl, timeoutMs: 5_000 }),
  }));
  const evidenceChains = configured.some((chain) => chain.chainId === chainId)
    ? configured
    : [...configured, { chainId, rpc, confirmations: 1 }];
  await takePart({
    url: databaseUrl,
    logger,
    signal,
    lead: async (lost) => {
      const follower = createFollower({
        rpc,
        database,
        contracts,
        chainId,
        startBlock: config.PEAQOS_MCR_START_BLOCK,
        policy,
        prices: rates,
        evidenceChains,
        pollMs: config.PEAQOS_MCR_POLL_MS,
        logger,
        now,
      });
      await Promise.all([follower.run(lost), rates.run(lost)]);
    },
  });
}
