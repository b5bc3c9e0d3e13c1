import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { eventRegistryAbi } from "@peaqos/abi";
import pg from "pg";
import { encodeFunctionData } from "viem";
import { freePort } from "../apps/devnet/src/process/ports.ts";
import { type BenchChain, rpcBatch, startBenchChain } from "./lib/chain.ts";
import { batchCall, eventCall, registerFleet, seedEvents, signer } from "./lib/fleet.ts";
import { node, pinned, root } from "./lib/processes.ts";
import { type Bench, format } from "./lib/result.ts";
import { type Running, ratingEnv, startRating, startServer, stopper } from "./lib/services.ts";
import { median } from "./lib/stats.ts";

const ponder = join(root, "bench/ponder");

/**
 * P5: our follower and Ponder do the same work, one after the other, on the same node and the same PostgreSQL: every
 * EventSubmitted log, the record it stands for read from the contract, a row written. The third figure is the
 * node's own rate of serving those records to a client that does nothing else.
 */
export const bench: Bench = {
  id: "P5",
  title: "chain follower against Ponder",
  async run({ rounds, quick, log }) {
    installPonder(log);
    const events = quick ? 2_000 : 10_000;
    const turns = Math.min(rounds, quick ? 1 : 3);
    const chain = await startBenchChain(["operator"]);
    const database = await startServer<{ databases: string[] }>("database-server.ts", [String(turns * 2)], 1);
    try {
      const machines = await registerFleet(chain, "operator", 100);
      await seedEvents(chain, "operator", machines, events, 50);
      log(`chain holds ${events} events of ${machines.length} machines in ${events / 50} blocks`);
      const figures = { ours: [] as Figures[], ponder: [] as Figures[], node: [] as number[] };
      let total = events;
      for (let turn = 0; turn < turns; turn++) {
        for (const who of ["ours", "ponder"] as const) {
          const url = database.databases[turn * 2 + (who === "ours" ? 0 : 1)]!;
          const result = await follow(who, chain, url, machines, total, quick ? 5 : 40);
          total += result.added;
          figures[who].push(result);
          log(`${who}: backfill ${format(result.backfill)} events/s, live ${format(result.live)} events/s`);
        }
        figures.node.push(await servingRate(chain, machines, Math.floor(total / machines.length)));
        log(`node serves ${format(figures.node.at(-1)!)} events/s`);
      }
      const of = (who: "ours" | "ponder", key: "backfill" | "live") =>
        median(figures[who].map((f) => f[key]));
      const row = (what: string, ours: number, anchor: number, limit: number, note?: string) => ({
        id: "P5",
        what,
        ours: `${format(ours)} events/s`,
        anchor: `${format(anchor)} events/s`,
        value: ours / anchor,
        goal: { op: ">=" as const, limit, unit: "x" },
        ...(note ? { note } : {}),
      });
      return [
        row(
          "backfill against Ponder",
          of("ours", "backfill"),
          of("ponder", "backfill"),
          5,
          "from the tables' existence to the last row, the start of the process left out for both",
        ),
        row(
          "live against Ponder, blocks of 50 events",
          of("ours", "live"),
          of("ponder", "live"),
          10,
          "from the block's acknowledgement to its rows being readable",
        ),
        row("backfill against the node serving getEvents", of("ours", "backfill"), median(figures.node), 0.7),
      ];
    } finally {
      await database.stop();
      await chain.stop();
    }
  },
};

type Figures = { readonly backfill: number; readonly live: number; readonly added: number };

/** What to count in each database. */
const COUNT = {
  ours: "select count(*)::int as n from events",
  ponder: "select count(*)::int as n from bench.machine_event",
};

async function follow(
  who: "ours" | "ponder",
  chain: BenchChain,
  databaseUrl: string,
  machines: readonly bigint[],
  expected: number,
  liveBlocks: number,
): Promise<Figures> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  /** Rows now; `undefined` before the follower has made its tables. */
  const count = async (): Promise<number | undefined> => {
    try {
      return (await client.query<{ n: number }>(COUNT[who])).rows[0]?.n;
    } catch (error) {
      if (["42P01", "3F000"].includes((error as { code?: string }).code ?? "")) return undefined;
      throw error;
    }
  };
  const running =
    who === "ours"
      ? startRating(ratingEnv(chain, databaseUrl, await freePort()), 1)
      : await startPonder(chain, databaseUrl);
  try {
    const spawned = performance.now();
    // Measured from the tables' existence: starting a process and migrating a database is not following a chain.
    let began: number | undefined;
    for (let rows: number | undefined = 0; (rows ?? 0) < expected; ) {
      rows = await count();
      if (rows !== undefined) began ??= performance.now();
      if (performance.now() - spawned > 240_000)
        throw new Error(`${who}: ${rows} of ${expected} rows after 4 minutes`);
      if (running.ended()) throw new Error(`${who} ended by itself; its messages are above`);
    }
    const backfill = expected / (performance.now() - began!);

    const { sign } = await signer(chain, "operator");
    const latest = await rpcBatch<{ timestamp: `0x${string}` }>(chain.url, [
      ["eth_getBlockByNumber", ["latest", false]],
    ]);
    const timestamp = Number(latest[0]!.timestamp) - 60;
    const delays: number[] = [];
    let rows = expected;
    for (let i = 0; i < liveBlocks; i++) {
      const calls = Array.from({ length: 50 }, (_, k) =>
        eventCall(machines[(i * 50 + k) % machines.length]!, expected + i * 50 + k, timestamp),
      );
      const raw = await sign(chain.deployment.batchPrecompile, batchCall(chain, calls), 30_000_000n);
      await rpcBatch(chain.url, [["eth_sendRawTransaction", [raw]]]);
      const acknowledged = performance.now();
      rows += 50;
      while (((await count()) ?? 0) < rows)
        if (performance.now() - acknowledged > 30_000)
          throw new Error(`${who}: a new block is not there after 30 s`);
      // The first blocks find cold code in both.
      if (i >= liveBlocks / 4) delays.push(performance.now() - acknowledged);
    }
    return { backfill: backfill * 1000, live: 50_000 / median(delays), added: liveBlocks * 50 };
  } finally {
    await running.stop();
    await client.end();
  }
}

function installPonder(log: (line: string) => void): void {
  if (existsSync(join(ponder, "node_modules/.bin/ponder"))) return;
  log("installing Ponder, the anchor (npm ci in bench/ponder), about a minute");
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: ponder,
    stdio: ["ignore", 2, 2],
  });
  if (result.status !== 0) throw new Error("npm ci in bench/ponder failed; its message is above");
}

async function startPonder(chain: BenchChain, databaseUrl: string): Promise<Running> {
  const [command, args] = pinned(1, node, [
    join(ponder, "node_modules/.bin/ponder"),
    ...["start", "--schema", "bench", "--port", String(await freePort()), "--log-level", "warn"],
  ]);
  const child = spawn(command, args, {
    cwd: ponder,
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...process.env,
      DATABASE_URL: databaseUrl,
      BENCH_RPC_URL: chain.url,
      BENCH_CHAIN_ID: String(chain.chainId),
      EVENT_REGISTRY_ADDRESS: chain.deployment.eventRegistry,
      PONDER_TELEMETRY_DISABLED: "true",
    },
  });
  return stopper(child);
}

/** Events a second that the node serves when it is only asked for `getEvents` pages, 8 requests of 10 in flight. */
async function servingRate(
  chain: BenchChain,
  machines: readonly bigint[],
  perMachine: number,
): Promise<number> {
  const pages = machines.flatMap((machineId) =>
    Array.from({ length: Math.ceil(perMachine / 100) }, (_, page) => ({
      to: chain.deployment.eventRegistry,
      data: encodeFunctionData({
        abi: eventRegistryAbi,
        functionName: "getEvents",
        args: [machineId, BigInt(page * 100), 100n],
      }),
    })),
  );
  const started = performance.now();
  const groups = Array.from({ length: Math.ceil(pages.length / 10) }, (_, i) =>
    pages.slice(i * 10, i * 10 + 10),
  );
  const worker = async () => {
    for (let group = groups.pop(); group; group = groups.pop())
      await rpcBatch(
        chain.url,
        group.map((call) => ["eth_call", [call, "latest"]] as const),
      );
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return ((machines.length * perMachine) / (performance.now() - started)) * 1000;
}
