import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@peaqos/devnet/postgres";
import pg from "pg";
import { randomCatalogue, randomEntries } from "../services/market/src/search/random-catalogue.ts";
import { rank } from "../services/market/src/search/rank.ts";
import { buildIndex } from "../services/market/src/search/service-index.ts";
import { taskOf } from "../services/market/src/search/task.ts";
import { condition, lineOf, node, pinned, pinSelf, root } from "./lib/processes.ts";
import { type Bench, type BenchContext, format, type Row } from "./lib/result.ts";
import { stopper } from "./lib/services.ts";
import { median, percentile } from "./lib/stats.ts";
import { startAnchor } from "./p7-anchor.ts";
import { context, policy, questions, seed } from "./p7-catalogue.ts";

/** P7: the ranker alone, against PostgreSQL's full-text search, and the market over HTTP with every search kept. */
export const bench: Bench = {
  id: "P7",
  title: "search",
  async run(bench) {
    pinSelf(1);
    const size = bench.quick ? 10_000 : 100_000;
    const folder = mkdtempSync(join(tmpdir(), "peaqos-p7-"));
    const file = join(folder, "catalogue.json");
    writeFileSync(file, JSON.stringify({ version: "p7", services: randomEntries(size, seed) }));
    const server = await startMarket(join(folder, "postgres"), file);
    try {
      const rows = [...(await ranker(bench, size, server.anchorUrl)), await overHttp(bench, server)];
      await server.kill();
      await countAfterKill(bench, join(folder, "postgres"));
      return rows;
    } finally {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function ranker({ rounds, quick, log }: BenchContext, size: number, anchorUrl: string): Promise<Row[]> {
  const catalogue = randomCatalogue(size, seed);
  const index = buildIndex(catalogue);
  const asked = questions(256);
  const tasks = asked.map((question) => taskOf(question as Parameters<typeof taskOf>[0]));
  const anchor = await startAnchor(anchorUrl, catalogue);
  const count = quick ? 1_000 : 6_000;
  const rates: number[] = [];
  const ratios: number[] = [];
  const anchors: number[] = [];
  const times: number[] = [];
  for (let i = 0; i < 1_000; i++) rank(index, tasks[i % tasks.length]!, [policy], context);
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    for (let i = 0; i < count; i++) {
      const began = performance.now();
      rank(index, tasks[i % tasks.length]!, [policy], context);
      times.push(performance.now() - began);
    }
    const rate = (count / (performance.now() - started)) * 1_000;
    const anchorCount = quick ? 16 : 64;
    const anchorStarted = performance.now();
    for (let i = 0; i < anchorCount; i++) await anchor.ask(asked[i % asked.length]!);
    const anchorRate = (anchorCount / (performance.now() - anchorStarted)) * 1_000;
    rates.push(rate);
    anchors.push(anchorRate);
    ratios.push(rate / anchorRate);
    log(`round ${round + 1}: ranker ${format(rate)}/s, PostgreSQL full text ${format(anchorRate)}/s`);
  }
  await anchor.close();
  const services = `${size.toLocaleString("en-US")} services`;
  return [
    {
      id: "P7",
      what: `ranker over ${services}: policy, filters, best 10 with reasons`,
      ours: `${format(median(rates))}/s`,
      anchor: "",
      value: median(rates),
      goal: { op: ">=", limit: 3_000, unit: "/s" },
    },
    {
      id: "P7",
      what: "ranker, p99",
      ours: `${percentile(times, 99).toFixed(2)} ms`,
      anchor: "",
      value: percentile(times, 99),
      goal: { op: "<=", limit: 10, unit: "ms" },
    },
    {
      id: "P7",
      what: "ranker against PostgreSQL full-text search for the same questions",
      ours: `${format(median(rates))}/s`,
      anchor: `${format(median(anchors))}/s`,
      value: median(ratios),
      goal: { op: ">=", limit: 20, unit: "x" },
    },
  ];
}

type Market = {
  readonly api: string;
  readonly anchorUrl: string;
  readonly buyers: readonly { machineId: string; token: string }[];
  /** kill -9 of the market and its database. */
  kill(): Promise<void>;
};

/** The market, its database, the rating service and the chain, all on core 0. */
async function startMarket(dataDir: string, catalogue: string): Promise<Market> {
  const [command, args] = pinned(0, node, [
    condition,
    "--max-old-space-size=8192",
    join(root, "bench/p7-server.ts"),
    dataDir,
    catalogue,
  ]);
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], cwd: root });
  const [text] = await lineOf(child, /\{"api.*\}(?=\n)/);
  const started = JSON.parse(text) as Omit<Market, "kill"> & { postgresPid: number };
  const running = stopper(child);
  return {
    ...started,
    async kill() {
      if (running.ended()) return;
      const exit = new Promise((resolve) => child.once("exit", resolve));
      process.kill(started.postgresPid, "SIGKILL");
      child.kill("SIGKILL");
      await exit;
    },
  };
}

/** Searches that were answered 201: each must be there after the crash. */
const acknowledged: string[] = [];

async function overHttp({ rounds, quick, log }: BenchContext, market: Market): Promise<Row> {
  const asked = questions(256);
  const requests = asked.map((question, i) => {
    const buyer = market.buyers[i % market.buyers.length]!;
    const body = JSON.stringify({ ...question, machineId: buyer.machineId });
    const url = new URL(`${market.api}/market/search`);
    return [
      `POST ${url.pathname} HTTP/1.1`,
      `host: ${url.host}`,
      "content-type: application/json",
      `x-agent-pairing-token: ${buyer.token}`,
      `content-length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n");
  });
  const rates: number[] = [];
  const times: number[] = [];
  await searchesPerSecond(market.api, requests, { connections: 32, seconds: quick ? 0.5 : 3 });
  for (let round = 0; round < rounds; round++) {
    const load = await searchesPerSecond(market.api, requests, { connections: 32, seconds: quick ? 1 : 4 });
    rates.push(load.rate);
    times.push(...load.times);
    log(
      `round ${round + 1}: ${format(load.rate)} searches/s over HTTP, p99 ${percentile(load.times, 99).toFixed(0)} ms`,
    );
  }
  return {
    id: "P7",
    what: "POST /market/search: token, identity and policy checked, search, quotes and audit row stored",
    ours: `${format(median(rates))}/s`,
    anchor: "",
    value: median(rates),
    goal: { op: ">=", limit: 1_000, unit: "/s" },
    note: `32 connections, p50 ${percentile(times, 50).toFixed(0)} ms, p99 ${percentile(times, 99).toFixed(0)} ms; after kill -9 of market and database every acknowledged search is there`,
  };
}

/** Keep-alive connections, each sending its next search when the answer is there. Written on sockets, as the GETs are. */
function searchesPerSecond(
  api: string,
  requests: readonly string[],
  options: { readonly connections: number; readonly seconds: number },
): Promise<{ rate: number; times: number[] }> {
  const { hostname, port } = new URL(api);
  const times: number[] = [];
  let over = false;
  let next = 0;
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const sockets = Array.from({ length: options.connections }, () => {
      const socket = connect(Number(port), hostname);
      let pending = "";
      let sent = 0;
      const send = () => {
        sent = performance.now();
        socket.write(requests[next++ % requests.length]!);
      };
      socket.setEncoding("latin1");
      socket.on("connect", send);
      socket.on("error", (error) => (over ? undefined : reject(error)));
      socket.on("data", (chunk: string) => {
        pending += chunk;
        const head = pending.indexOf("\r\n\r\n");
        if (head < 0) return;
        const length = Number(/\r\ncontent-length: (\d+)/i.exec(pending.slice(0, head))?.[1] ?? 0);
        if (pending.length < head + 4 + length) return;
        if (!pending.startsWith("HTTP/1.1 201")) {
          reject(new Error(`the market answered ${pending.slice(0, 600)}`));
          return;
        }
        acknowledged.push(/"id":"(msearch_[0-9a-f]{12})"/.exec(pending)?.[1] ?? "none");
        pending = pending.slice(head + 4 + length);
        times.push(performance.now() - sent);
        if (!over) send();
      });
      return socket;
    });
    setTimeout(() => {
      over = true;
      const rate = (times.length / (performance.now() - started)) * 1_000;
      for (const socket of sockets) socket.destroy();
      resolve({ rate, times });
    }, options.seconds * 1_000);
  });
}

async function countAfterKill({ log }: BenchContext, dataDir: string): Promise<void> {
  const postgres = await startPostgres({ dataDir });
  const client = new pg.Client({ connectionString: await postgres.createDatabase("market") });
  await client.connect();
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::int as count from market_searches where id = any($1)",
    [acknowledged],
  );
  await client.end();
  await postgres.stop();
  const kept = rows[0]?.count ?? 0;
  if (kept !== acknowledged.length)
    throw new Error(`${acknowledged.length} searches acknowledged, ${kept} there after kill -9`);
  log(`kill -9 and restart: all ${kept.toLocaleString("en-US")} acknowledged searches are there`);
}
