import { createLogger } from "@peaqos/service-kit";
import { testDatabase } from "@peaqos/testkit";
import type { Clock } from "../src/kit/clock.ts";
import { createMarketService, type MarketService } from "../src/service.ts";

/** A market on a database of its own, with real HTTP, for tests. */

export type TestClock = Clock & {
  /** Moves the time, in milliseconds; also backwards. */
  add(ms: number): void;
};

/** The wall clock, moved by what a test adds. */
export function testClock(): TestClock {
  let offset = 0;
  return {
    now: () => new Date(Date.now() + offset),
    add: (ms) => {
      offset += ms;
    },
  };
}

export type TestMarket = AsyncDisposable & {
  readonly url: string;
  /** With `/api/v1`. */
  readonly api: string;
  readonly service: MarketService;
  readonly clock: TestClock;
  readonly databaseUrl: string;
  /** Another replica on the same database. */
  replica(settings?: Readonly<Record<string, string>>): Promise<MarketService>;
};

export const testSettings = {
  PEAQOS_SESSION_SECRET: "a secret for tests that has enough characters",
  PEAQOS_MARKET_PORT: "0",
  PEAQOS_MARKET_RATE_LIMIT: "0",
  PEAQOS_MARKET_CHECK_ANSWERS: "true",
  PEAQOS_MARKET_JOB_POLL_MS: "50",
  PEAQOS_ALLOW_PRIVATE_URLS: "loopback",
  PEAQOS_LOG_LEVEL: "silent",
  // Nobody listens there: tests that need identities name a rating service.
  PEAQOS_MCR_API_URL: "http://127.0.0.1:9",
} as const;

/**
 * @example
 * await using market = await startTestMarket({ PEAQOS_MCR_API_URL: rating.url });
 * const answer = await fetch(`${market.api}/health`);
 */
export async function startTestMarket(settings: Readonly<Record<string, string>> = {}): Promise<TestMarket> {
  const database = await testDatabase();
  const clock = testClock();
  const logger = createLogger({
    service: "market",
    level: (settings.PEAQOS_LOG_LEVEL ?? "silent") as "silent",
  });
  const services: MarketService[] = [];
  async function start(more: Readonly<Record<string, string>>): Promise<MarketService> {
    const service = await createMarketService(
      { ...testSettings, DATABASE_URL: database.url, ...settings, ...more },
      { clock, logger },
    );
    await service.start();
    services.push(service);
    return service;
  }
  try {
    const service = await start({});
    return {
      url: service.url,
      api: `${service.url}/api/v1`,
      service,
      clock,
      databaseUrl: database.url,
      replica: (more = {}) => start(more),
      async [Symbol.asyncDispose]() {
        await Promise.all(services.map((each) => each.stop()));
        await database.drop();
      },
    };
  } catch (error) {
    await database.drop();
    throw error;
  }
}
