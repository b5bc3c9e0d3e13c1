import { type Listener, listen } from "@peaqos/service-kit";
import type { Market } from "../kit/market.ts";
import type { Health } from "../search/points.ts";
import { buildIndex, buildIndexInSlices, type ServiceIndex, setHealth } from "../search/service-index.ts";
import { type HealthRow, readHealthChanges } from "./health-store.ts";
import { catalogueChannel, type ListedService, readChanges } from "./store.ts";

/**
 * The catalogue in the memory of this replica: services by id and the index that searches run on. Follows the database
 * by notification, so that a change is seen everywhere at once; after a lost connection it reads what it missed.
 */
export type CatalogueKeeper = {
  readonly index: ServiceIndex;
  /** By id. */
  readonly listed: readonly ListedService[];
  readonly version: string | null;
  find(serviceId: string): ListedService | undefined;
  healthOf(serviceId: string): HealthRow | undefined;
  /** Reads what changed; sees at least all that was committed before the call. */
  refresh(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** False: notifications may be missed at this moment. */
  readonly connected: boolean;
  /** @param heard is called for every notification, and when some may have been missed. */
  subscribe(heard: () => void): void;
};

export function createKeeper({ database, config, logger, metrics }: Market): CatalogueKeeper {
  let services: ReadonlyMap<string, ListedService> = new Map();
  const healths = new Map<string, HealthRow>();
  let index = buildIndex([]);
  let listed: ListedService[] = [];
  let revision = 0;
  let version: string | null = null;
  let healthSince = new Date(0);
  let running: Promise<void> | undefined;
  let again = false;
  let listener: Listener | undefined;
  const subscribers: (() => void)[] = [];
  metrics.gauge("market_catalogue_services", "Services on the market", () => services.size);

  const healthName = (serviceId: string): Health => healths.get(serviceId)?.status ?? "unknown";

  async function readOnce(): Promise<void> {
    const read = await readChanges(database.pool, revision);
    const news = await readHealthChanges(database.pool, healthSince);
    for (const row of news) {
      healths.set(row.serviceId, row);
      if (row.changedAt > healthSince) healthSince = row.changedAt;
    }
    if (read.changes.size === 0) {
      ({ revision, version } = read);
      for (const row of news) setHealth(index, row.serviceId, row.status);
      return;
    }
    // Requests go on meanwhile, on the catalogue as it was: everything is replaced at once, at the end.
    const next = new Map(services);
    for (const [id, entry] of read.changes)
      if (entry === null) next.delete(id);
      else next.set(id, entry);
    const built = await buildIndexInSlices(
      Array.from(next.values(), (entry) => entry.service),
      healthName,
    );
    listed = [...next.values()].sort((a, b) => (a.service.id < b.service.id ? -1 : 1));
    for (const [id, entry] of read.changes) if (entry === null) healths.delete(id);
    index = built;
    services = next;
    ({ revision, version } = read);
    logger.info({ version, services: services.size, changed: read.changes.size }, "catalogue read");
  }

  async function readUntilQuiet(): Promise<void> {
    do {
      again = false;
      await readOnce();
    } while (again);
  }

  function refresh(): Promise<void> {
    // A read under way may have begun before the caller's commit: it is followed by another.
    if (running !== undefined) again = true;
    else
      running = readUntilQuiet().finally(() => {
        running = undefined;
      });
    return running ?? Promise.resolve();
  }

  const heard = () => {
    for (const subscriber of subscribers) subscriber();
    refresh().catch((error: unknown) => logger.warn({ err: error }, "the catalogue cannot be read"));
  };

  return {
    get index() {
      return index;
    },
    get listed() {
      return listed;
    },
    get version() {
      return version;
    },
    get connected() {
      return listener?.connected ?? false;
    },
    subscribe: (subscriber) => void subscribers.push(subscriber),
    find: (serviceId) => services.get(serviceId),
    healthOf: (serviceId) => healths.get(serviceId),
    refresh,
    async start() {
      await refresh();
      listener = await listen({
        url: config.DATABASE_URL,
        channel: catalogueChannel,
        logger,
        onMessage: heard,
        onConnected: heard,
        // What stood in memory goes on being served; the next connection reads what was missed.
        onLost: () => undefined,
      });
    },
    async stop() {
      await listener?.stop();
      await running?.catch(() => undefined);
    },
  };
}
