import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../apps/devnet/src/process/ports.ts";
import { stopTestDatabases } from "../../packages/testkit/src/database.ts";
import { DOOR } from "../../packages/testkit/src/door.ts";
import { testSettings } from "../../services/market/test/test-market.ts";
import { type MarketWorld, marketWorld } from "../../services/market/test/world.ts";
import { condition, node, pinned, root } from "./processes.ts";
import { type Running, startServer, stopper } from "./services.ts";

/**
 * A market as in production, for benches and chaos: a durable PostgreSQL and any number of market processes, each with
 * its core, in front of a chain and a rating service. Machines and agents are brought in through the API.
 */

export type MarketBench = {
  readonly world: MarketWorld;
  /** Of the PostgreSQL server, with the rights of its owner. */
  readonly postgresUrl: string;
  /** Starts a market process on the core; it answers when this resolves. */
  market(
    core: number,
    settings?: Readonly<Record<string, string>>,
  ): Promise<Running & { readonly url: string }>;
  /** Ends PostgreSQL as a power cut would, and starts it again on the same directory. */
  killPostgres(): Promise<void>;
  stop(): Promise<void>;
};

export const benchSettings = {
  PEAQOS_SESSION_TTL_SECONDS: "86400",
  PEAQOS_MARKET_RATE_LIMIT: "0",
  PEAQOS_MARKET_CHECK_ANSWERS: "false",
} as const;

type PostgresServer = Running & { readonly url: string; readonly postmaster: number };

export async function startMarketBench(
  options: { readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<MarketBench> {
  const dataDir = mkdtempSync(join(tmpdir(), "peaqos-bench-postgres-"));
  let postgres = await startServer<PostgresServer>("postgres-server.ts", [dataDir], 0);
  // The test helpers ask here for the server of their databases.
  const door = createServer((socket) => socket.end(JSON.stringify({ url: postgres.url })));
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  process.env[DOOR] = String((door.address() as AddressInfo).port);
  const world = await marketWorld({
    settings: { ...benchSettings, PEAQOS_MARKET_WORKERS: "false", ...options.settings },
  });
  const processes: Running[] = [];

  return {
    world,
    get postgresUrl() {
      return postgres.url;
    },

    async market(core, settings = {}) {
      const port = await freePort();
      const [command, args] = pinned(core, node, [condition, join(root, "services/market/src/main.ts")]);
      const child = spawn(command, args, {
        stdio: ["pipe", "ignore", "inherit"],
        cwd: root,
        env: {
          ...process.env,
          ...testSettings,
          ...benchSettings,
          PEAQOS_MCR_API_URL: world.ratingUrl,
          PEAQOS_PAYMENT_RPC_URLS: JSON.stringify({ [world.chainName]: world.chain.url }),
          PEAQOS_PAYMENT_CONFIRMATIONS: JSON.stringify({ [world.chainName]: 1 }),
          PEAQOS_LOG_LEVEL: "error",
          PEAQOS_MARKET_JOB_POLL_MS: "1000",
          ...options.settings,
          ...settings,
          DATABASE_URL: world.market.databaseUrl,
          PEAQOS_MARKET_PORT: String(port),
        },
      });
      const running = stopper(child);
      processes.push(running);
      const url = `http://127.0.0.1:${port}`;
      for (const deadline = Date.now() + 60_000; ; await delay(20)) {
        const isUp = await fetch(`${url}/health`).then(
          (response) => response.ok,
          () => false,
        );
        if (isUp) return { ...running, url };
        if (running.ended() || Date.now() > deadline) throw new Error("the market did not start");
      }
    },

    async killPostgres() {
      spawnSync("kill", ["-9", String(postgres.postmaster)]);
      await postgres.stop();
      postgres = await startServer<PostgresServer>("postgres-server.ts", [dataDir], 0);
    },

    async stop() {
      await Promise.all(processes.map((each) => each.stop()));
      // Its database went away more than once.
      await Promise.resolve(world[Symbol.asyncDispose]()).catch(() => undefined);
      door.close();
      // The next bench has a server of its own.
      await stopTestDatabases();
      await postgres.stop();
      spawnSync("rm", ["-rf", dataDir]);
    },
  };
}
