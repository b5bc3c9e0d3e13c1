import { readFile } from "node:fs/promises";
import { ConfigError } from "@peaqos/service-kit";
import { fail } from "../kit/errors.ts";
import type { MarketHandlers } from "../kit/handlers.ts";
import type { Market } from "../kit/market.ts";
import type { WriteTx } from "../kit/write.ts";
import type { ServiceIndex } from "../search/service-index.ts";
import { type CatalogueProblem, checkCatalogue, readCatalogue } from "./check.ts";
import type { MarketService, ServiceDocument } from "./document.ts";
import { createHealthChecks } from "./health.ts";
import type { HealthRow } from "./health-store.ts";
import { createKeeper } from "./keeper.ts";
import {
  type CatalogueChange,
  hashOfFile,
  isLoadedFile,
  type ListedService,
  rememberFile,
  replaceCatalogue,
} from "./store.ts";

export type { MarketService } from "./document.ts";
export type { ListedService } from "./store.ts";

/** The catalogue of services: kept in the database, indexed in the process, its services' health checked. */
export type Catalogue = {
  readonly handlers: MarketHandlers<"putCatalogue">;
  /** Loads the file where one is configured, and the index. @throws ConfigError naming everything wrong in the file. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What searches run on. */
  readonly index: ServiceIndex;
  /** By id. */
  readonly listed: readonly ListedService[];
  /** From the memory of this replica; undefined when it is not (or no longer) listed. */
  findService(serviceId: string): MarketService | undefined;
  /** The same with the hash of its content, which changes whenever the service does. */
  findListed(serviceId: string): ListedService | undefined;
  healthOf(serviceId: string): HealthRow | undefined;
  readonly version: string | null;
  /** See the keeper: what others keep in memory and announce on the catalogue's channel. */
  readonly connected: boolean;
  subscribe(heard: () => void): void;
  /** One round of health checks, if it is due. For tests. */
  checkHealth(): Promise<boolean>;
};

export function createCatalogue(market: Market): Catalogue {
  const keeper = createKeeper(market);
  const health = createHealthChecks(market, keeper);

  async function replace(
    tx: WriteTx,
    version: string,
    documents: readonly ServiceDocument[],
    source: string,
  ): Promise<CatalogueChange> {
    const change = await replaceCatalogue(tx.client, version, documents, tx.now);
    tx.audit({
      type: "catalogue.replaced",
      resourceType: "market-service",
      resourceId: "catalogue",
      machineId: null,
      payload: { ...change, source },
    });
    return change;
  }

  async function loadFile(path: string): Promise<void> {
    const text = await readFile(path, "utf8").catch((error: Error) => {
      throw new ConfigError(`PEAQOS_CATALOGUE_FILE: ${path} cannot be read: ${error.message}`);
    });
    const read = readCatalogue(parsed(path, text));
    if ("problems" in read)
      throw new ConfigError(`PEAQOS_CATALOGUE_FILE: ${path} is no catalogue:\n${listOf(read.problems)}`);
    const hash = hashOfFile(text);
    const change = await market.system(async (tx) => {
      // What an operator put in place later stands until the file itself changes.
      if (await isLoadedFile(tx.client, hash)) return null;
      const done = await replace(tx, read.version, read.documents, "file");
      await rememberFile(tx.client, hash);
      return done;
    });
    if (change !== null) market.logger.info({ path, ...change }, "catalogue file loaded");
  }

  return {
    get index() {
      return keeper.index;
    },
    get listed() {
      return keeper.listed;
    },
    get version() {
      return keeper.version;
    },
    get connected() {
      return keeper.connected;
    },
    subscribe: keeper.subscribe,
    findService: (serviceId) => keeper.find(serviceId)?.service,
    findListed: (serviceId) => keeper.find(serviceId),
    healthOf: (serviceId) => keeper.healthOf(serviceId),
    checkHealth: () => health.round(),
    async start() {
      const file = market.config.PEAQOS_CATALOGUE_FILE;
      if (file !== undefined) await loadFile(file);
      await keeper.start();
      health.start();
    },
    async stop() {
      await health.stop();
      await keeper.stop();
    },
    handlers: {
      async putCatalogue(request) {
        const checked = checkCatalogue(request.body);
        if ("problems" in checked) throw refused(checked.problems);
        const change = await market.write(request, (tx) =>
          replace(tx, checked.version, checked.documents, "operation"),
        );
        // The caller's next request to this replica sees what it put; the others hear of it now.
        await keeper.refresh();
        return { status: 200, body: change };
      },
    },
  };
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`PEAQOS_CATALOGUE_FILE: ${path} is not JSON: ${(error as Error).message}`);
  }
}

const listOf = (problems: readonly CatalogueProblem[]) =>
  problems
    .slice(0, 20)
    .map(({ field, message }) => `  ${field}: ${message}`)
    .concat(problems.length > 20 ? [`  and ${problems.length - 20} more`] : [])
    .join("\n");

function refused(problems: readonly CatalogueProblem[]): Error {
  const issues = problems.slice(0, 50).map(({ field, message }) => ({ in: "body", field, message }));
  const text = issues
    .slice(0, 5)
    .map(({ field, message }) => `${field}: ${message}`)
    .join("; ");
  return fail("VALIDATION_ERROR", text, { issues, problems: problems.length });
}
