import { existsSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { devnetAccounts } from "./accounts.ts";
import type { Chain } from "./chain/index.ts";
import { startChain } from "./chain/index.ts";
import type { DevnetFile } from "./files.ts";
import { TOKEN_FILE, writeDevnetFiles } from "./files.ts";
import { GENESIS_AGE, makeFirstStart, markerFile, readFirstStart } from "./first-start.ts";
import type { DevnetOptions, Ports } from "./options.ts";
import { type Parts, settle } from "./parts/parts.ts";
import { startServices } from "./parts/services.ts";
import type { Postgres } from "./postgres/index.ts";
import { startPostgres } from "./postgres/index.ts";
import { lockDirectory } from "./process/lock.ts";
import { portTaken } from "./process/ports.ts";
import { secretsFile } from "./secrets.ts";
import type { Timings } from "./timings.ts";

export type Devnet = {
  file: DevnetFile;
  /** Resolves with the reason when a part ended by itself; never when the devnet is stopped. */
  failed: Promise<Error>;
};

export type DevnetContext = {
  /** As typed, for the message the next one gets who wants the same directory. */
  command: string;
  timings: Timings;
  onProgress: (text: string) => void;
  /** Milliseconds since 1970. */
  wallClock: () => number;
};

/** Starts every part on one data directory. What it started is in `parts`, also when it throws. */
export async function startDevnet(
  options: DevnetOptions,
  context: DevnetContext,
  parts: Parts,
): Promise<Devnet> {
  const { timings, onProgress } = context;
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = realpathSync(options.dataDir);
  const lock = lockDirectory(
    dataDir,
    context.command,
    `Stop it with "npm stop -- --data-dir ${dataDir}", or start with another --data-dir (and --port-base).`,
  );
  await parts.add("lock", () => lock.release());
  if (options.reset) wipe(dataDir);
  await refuseTakenPorts(options.ports);

  let fail: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => {
    fail = (error) => {
      if (!parts.stopping) resolve(error);
    };
  });
  const first = readFirstStart(dataDir);
  if (!first) clearInterrupted(dataDir, onProgress);
  const logs = join(dataDir, "logs");
  mkdirSync(logs, { recursive: true, mode: 0o700 });

  const now = Math.floor(context.wallClock() / 1000);
  const databaseWork = timings.measure("PostgreSQL", () =>
    startDatabase(options, dataDir, logs, parts, fail),
  );
  const chainWork = (async () => {
    const chain = await timings.measure(first ? "chain with its blocks" : "chain", () =>
      startHomeChain(options, { dataDir, logs, now, first: first === undefined }, parts, fail),
    );
    const made =
      first ?? (await makeFirstStart(chain, { dataDir, seed: options.seed, now, timings, onProgress }));
    return { chain, made };
  })();
  // The services' code loads while PostgreSQL and the chain start.
  const warm = Promise.all([
    import("@peaqos/rating"),
    import("@peaqos/market"),
    ...(options.sellers ? [import("@peaqos/example-sellers")] : []),
  ]).catch(() => undefined);
  const [database, home] = await settle(databaseWork, chainWork);
  lock.child(database.postgres.pid);
  lock.child(home.chain.pid);

  const { deployment, machines } = home.made;
  onProgress("starting the services");
  await warm;
  const services = await startServices(
    options,
    { dataDir, logs, machines, rpcUrl: home.chain.url, contracts: deployment, databaseUrls: database.urls },
    { parts, timings, onProgress },
  );

  const file: DevnetFile = {
    version: 1,
    pid: process.pid,
    started_at: lock.holder.startedAt,
    data_dir: dataDir,
    logs,
    urls: { rpc: home.chain.url, rating: services.rating.url, market: services.market.url },
    ports: {
      rpc: home.chain.port,
      rating: options.ports.rating,
      market: options.ports.market,
      postgres: database.postgres.port,
    },
    chain_id: options.chainId,
    contracts: deployment,
    accounts: Object.values(devnetAccounts()).map(({ privateKey, ...rest }) => ({
      ...rest,
      private_key: privateKey,
    })),
    database_urls: database.urls,
    api_key: services.apiKey,
    sellers: services.sellers,
    agent: services.agent,
    adminFlag: home.chain.adminFlag,
    machines,
  };
  writeDevnetFiles(dataDir, file);
  return { file, failed };
}

async function startDatabase(
  options: DevnetOptions,
  dataDir: string,
  logs: string,
  parts: Parts,
  fail: (error: Error) => void,
): Promise<{ postgres: Postgres; urls: DevnetFile["database_urls"] }> {
  const postgres = await startPostgres({
    dataDir: join(dataDir, "postgres"),
    port: options.ports.postgres,
    logFile: join(logs, "postgres.log"),
  });
  await parts.add("PostgreSQL", () => postgres.stop());
  void postgres.exited.then(() => {
    fail(new Error(`PostgreSQL ended by itself. Last lines of ${logs}/postgres.log:\n${postgres.tail()}`));
  });
  const rating = await postgres.createDatabase("rating");
  return { postgres, urls: { rating, market: await postgres.createDatabase("market") } };
}

async function startHomeChain(
  options: DevnetOptions,
  place: { dataDir: string; logs: string; now: number; first: boolean },
  parts: Parts,
  fail: (error: Error) => void,
): Promise<Chain> {
  const chain = await startChain({
    dataDir: join(place.dataDir, "chain"),
    port: options.ports.rpc,
    chainId: options.chainId,
    genesisTime: place.now - GENESIS_AGE,
    logFile: join(place.logs, "anvil.log"),
    onFailure: fail,
  });
  await parts.add("chain", () => chain.stop());
  return chain;
}

/** Only what a devnet made: anything else in the directory is left alone. */
const OURS = [
  "chain",
  "postgres",
  "logs",
  "sellers",
  "catalogue.json",
  "devnet.json",
  "devnet.env",
  "first-start.json",
  secretsFile,
  TOKEN_FILE,
];

function wipe(dataDir: string): void {
  for (const name of OURS) rmSync(join(dataDir, name), { recursive: true, force: true });
}

/** A first start that did not end leaves a chain without its marker: begin again. */
function clearInterrupted(dataDir: string, onProgress: (text: string) => void): void {
  if (!existsSync(join(dataDir, "chain"))) return;
  if (existsSync(join(dataDir, "devnet.json"))) {
    throw new Error(
      `${markerFile(dataDir)} is missing, although the devnet in this directory was complete once. Put it back, or start afresh with --reset.`,
    );
  }
  onProgress("the first start was interrupted: beginning again");
  for (const name of ["chain", "postgres", "sellers"])
    rmSync(join(dataDir, name), { recursive: true, force: true });
}

/** PostgreSQL's port is its own affair: a server left by a killed devnet may still be ending on it. */
async function refuseTakenPorts({ rpc, rating, market }: Ports): Promise<void> {
  await Promise.all(
    Object.entries({ rpc, rating, market }).map(async ([part, port]) => {
      if (!(await portTaken(port))) return;
      throw new Error(
        `Port ${port} is taken by another program. Use --port-${part} with a free port, or --port-base N to move all parts.`,
      );
    }),
  );
}
