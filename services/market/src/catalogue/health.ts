import { allowedAddresses, guardedFetch } from "@peaqos/service-kit";
import { every, type Periodic } from "../kit/every.ts";
import type { Market } from "../kit/market.ts";
import { type Checked, claimHealthCheck, writeHealth } from "./health-store.ts";
import type { CatalogueKeeper } from "./keeper.ts";

/**
 * Asks the services' health URLs (`metadata.healthUrl`) from time to time. The URLs are sellers' own words, so they are
 * guarded, bounded in time and size, and a few at once. One replica does a round, the others wait for the next.
 */
export type HealthChecks = {
  start(): void;
  stop(): Promise<void>;
  /** One round now, if it is due. For tests as well. */
  round(): Promise<boolean>;
};

const what = "checking the services' health";
const timeoutMs = 3_000;
const maxBytes = 64 * 1024;
const atOnce = 8;

export function createHealthChecks(market: Market, keeper: CatalogueKeeper): HealthChecks {
  const { config, clock, database, logger } = market;
  const everyMs = config.PEAQOS_MARKET_HEALTH_SECONDS * 1_000;
  const stopping = new AbortController();
  let first: Promise<void> | undefined;
  let periodic: Periodic | undefined;

  async function ask(url: string): Promise<string | null> {
    try {
      const { status } = await guardedFetch(url, {
        allow: allowedAddresses[config.PEAQOS_ALLOW_PRIVATE_URLS],
        timeoutMs,
        maxBytes,
        signal: stopping.signal,
      });
      return status >= 200 && status < 300 ? null : `the server answered ${status}`;
    } catch (error) {
      return error instanceof Error ? error.message : "the check failed";
    }
  }

  async function round(): Promise<boolean> {
    const now = clock.now();
    if (!(await claimHealthCheck(database.pool, now, new Date(now.getTime() + everyMs)))) return false;
    const services = keeper.listed.flatMap(({ service: { id, metadata } }) =>
      typeof metadata.healthUrl === "string" ? [{ id, url: metadata.healthUrl }] : [],
    );
    const byUrl = [...Map.groupBy(services, (service) => service.url)];
    const checked: Checked[] = [];
    const worker = async () => {
      for (let next = byUrl.pop(); next !== undefined && !stopping.signal.aborted; next = byUrl.pop()) {
        const [url, asking] = next;
        const error = await ask(url);
        checked.push(...asking.map(({ id }) => ({ serviceId: id, error })));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    // What was broken off at the end says nothing about the sellers.
    if (!stopping.signal.aborted && checked.length > 0)
      await writeHealth(database.pool, checked, clock.now());
    return true;
  }

  return {
    round,
    start() {
      if (everyMs === 0 || !config.PEAQOS_MARKET_WORKERS) return;
      const once = async () => void (await round());
      first = once().catch((error: unknown) => {
        if (!stopping.signal.aborted) logger.warn({ err: error }, `${what} failed`);
      });
      // More often than a round: another replica may have claimed the last one and gone.
      periodic = every(Math.min(everyMs / 4, 5_000), what, logger, once);
    },
    async stop() {
      stopping.abort();
      await Promise.all([first, periodic?.stop()]);
    },
  };
}
