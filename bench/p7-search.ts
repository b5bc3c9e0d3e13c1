import pg from "pg";
import { replaceCatalogue } from "../services/market/src/catalogue/store.ts";
import type { MarketService } from "../services/market/src/search/price.ts";
import { randomCatalogue } from "../services/market/src/search/random-catalogue.ts";
import { rank } from "../services/market/src/search/rank.ts";
import { buildIndex } from "../services/market/src/search/service-index.ts";
import { taskOf } from "../services/market/src/search/task.ts";
import { postLoad } from "./lib/http-post-load.ts";
import { type MarketBench, startMarketBench } from "./lib/market.ts";
import { pinSelf } from "./lib/processes.ts";
import { type Bench, type BenchContext, format, type Row } from "./lib/result.ts";
import { median, percentile } from "./lib/stats.ts";
import { startAnchor } from "./p7-anchor.ts";
import { context, policy, questions, seed } from "./p7-catalogue.ts";

/** P7: the ranker alone, against PostgreSQL's full-text search, and the market over HTTP with every search kept. */
export const bench: Bench = {
  id: "P7",
  title: "search",
  async run(bench) {
    const catalogue = randomCatalogue(bench.quick ? 10_000 : 100_000, seed);
    const base = await startMarketBench();
    try {
      const buyers = await pairedBuyers(base);
      await loadCatalogue(base, catalogue);
      pinSelf(1);
      return [...(await ranker(bench, catalogue, base)), await overHttp(bench, base, buyers)];
    } finally {
      await base.stop();
    }
  },
};

async function connected(base: MarketBench, path: string): Promise<pg.Client> {
  const url = new URL(base.postgresUrl);
  url.pathname = path;
  const client = new pg.Client({ connectionString: url.href });
  // When the bench fails the server may be gone before this connection; the bench's own error is the one to see.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function ranker(
  { rounds, quick, log }: BenchContext,
  catalogue: readonly MarketService[],
  base: MarketBench,
): Promise<Row[]> {
  const index = buildIndex(catalogue);
  const asked = questions(256);
  const tasks = asked.map((question) => taskOf(question as Parameters<typeof taskOf>[0]));
  const maintenance = await connected(base, "/postgres");
  await maintenance.query("create database p7_anchor");
  await maintenance.end();
  const anchor = await startAnchor(await connected(base, "/p7_anchor"), catalogue);
  const count = quick ? 1_000 : 6_000;
  const anchorCount = quick ? 16 : 64;
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
    const anchorStarted = performance.now();
    for (let i = 0; i < anchorCount; i++) await anchor.ask(asked[i % asked.length]!);
    const anchorRate = (anchorCount / (performance.now() - anchorStarted)) * 1_000;
    rates.push(rate);
    anchors.push(anchorRate);
    ratios.push(rate / anchorRate);
    log(`round ${round + 1}: ranker ${format(rate)}/s, PostgreSQL full text ${format(anchorRate)}/s`);
  }
  await anchor.close();
  const services = `${catalogue.length.toLocaleString("en-US")} services`;
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

type Buyer = { readonly machineId: string; readonly token: string };

async function pairedBuyers({ world }: MarketBench): Promise<Buyer[]> {
  const buyers: Buyer[] = [];
  for (let i = 0; i < 32; i++) {
    const machine = await world.machine(`buyer ${i}`);
    const { token } = await world.agent(machine, { fund: false, policy });
    buyers.push({ machineId: machine.id, token });
  }
  return buyers;
}

/** Straight into the database: the market's first start on a catalogue of this size is not what is measured. */
async function loadCatalogue({ world }: MarketBench, catalogue: readonly MarketService[]): Promise<void> {
  // The world's own market has done its part; it would index the catalogue beside the one that is measured.
  await world.market.service.stop();
  const client = new pg.Client({ connectionString: world.market.databaseUrl });
  await client.connect();
  await client.query("begin");
  const documents = catalogue.map(({ updatedAt: _, ...document }) => document);
  await replaceCatalogue(client as unknown as pg.PoolClient, "p7", documents, new Date());
  await client.query("commit");
  await client.end();
}

async function overHttp(
  { rounds, quick, log }: BenchContext,
  base: MarketBench,
  buyers: readonly Buyer[],
): Promise<Row> {
  const market = await base.market(0, { PEAQOS_MARKET_HEALTH_SECONDS: "0" });
  const requests = questions(256).map((question, i) => {
    const { machineId, token } = buyers[i % buyers.length]!;
    return {
      headers: `x-agent-pairing-token: ${token}\r\n`,
      body: JSON.stringify({ ...question, machineId }),
    };
  });
  /** Searches that were answered 201: each must be there after the crash. */
  const acknowledged: string[] = [];
  const run = (seconds: number) =>
    postLoad({
      url: `${market.url}/api/v1/market/search`,
      connections: 32,
      seconds,
      request: (n) => requests[n % requests.length]!,
      onAnswer(status, body) {
        if (status !== 201) throw new Error(`the market answered ${status}: ${body.slice(0, 500)}`);
        acknowledged.push(/"id":"(msearch_[0-9a-f]{12})"/.exec(body)?.[1] ?? "none");
      },
    });
  const rates: number[] = [];
  const waits: number[] = [];
  await run(quick ? 0.5 : 3);
  for (let round = 0; round < rounds; round++) {
    const load = await run(quick ? 1 : 4);
    rates.push(load.rate);
    waits.push(...load.waits);
    const p99 = percentile(load.waits, 99).toFixed(0);
    log(`round ${round + 1}: ${format(load.rate)} searches/s over HTTP, p99 ${p99} ms`);
  }
  process.kill(market.pid, "SIGKILL");
  await base.killPostgres();
  const client = await connected(base, new URL(base.world.market.databaseUrl).pathname);
  const { rows } = await client.query<{ kept: number }>(
    "select count(*)::int as kept from market_searches where id = any($1)",
    [acknowledged],
  );
  await client.end();
  const kept = rows[0]?.kept ?? 0;
  if (kept !== acknowledged.length)
    throw new Error(`${acknowledged.length} searches acknowledged, ${kept} there after kill -9`);
  log(`kill -9 of market and database: all ${kept.toLocaleString("en-US")} acknowledged searches are there`);
  return {
    id: "P7",
    what: "POST /market/search: token, identity and policy checked, search, quotes and audit row stored",
    ours: `${format(median(rates))}/s`,
    anchor: "",
    value: median(rates),
    goal: { op: ">=", limit: 1_000, unit: "/s" },
    note: `32 agents on 32 connections, p50 ${percentile(waits, 50).toFixed(0)} ms, p99 ${percentile(waits, 99).toFixed(0)} ms; after kill -9 all ${kept.toLocaleString("en-US")} acknowledged searches were there`,
  };
}
