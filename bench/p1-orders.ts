import { spawnSync } from "node:child_process";
import pg from "pg";
import { type PostLoad, postLoad } from "./lib/http-post-load.ts";
import { startMarketBench } from "./lib/market.ts";
import { orderSetup } from "./lib/order-setup.ts";
import { pinned, pinSelf } from "./lib/processes.ts";
import { type Bench, type BenchContext, format, type Row } from "./lib/result.ts";
import { startServer } from "./lib/services.ts";
import { median, percentile } from "./lib/stats.ts";

/**
 * P1: durable orders over HTTP with every check on (token, policy, caps of pairing and machine, Idempotency-Key, audit
 * chain, payment record), against the database's own benchmark and against a web server that does nothing else.
 */
export const bench: Bench = {
  id: "P1",
  title: "placing orders",
  run: placing,
};

const machines = 25;
/** Tried for the orders, as numbers of clients are for pgbench. */
const connectionCounts = [64, 128, 256];

async function placing({ rounds, quick, log }: BenchContext): Promise<Row[]> {
  const seconds = quick ? 1 : 5;
  const base = await startMarketBench();
  try {
    const { world } = base;
    const { agents, orders } = await orderSetup(world, machines);
    const bare = await startServer<{ url: string }>("bare-fastify-post.ts", [], 0);
    const market = await base.market(0);
    pinSelf(1);
    const acknowledged: string[] = [];
    let keys = 0;
    const bodies = orders.map((order) => JSON.stringify(order));
    const template: PostLoad = {
      url: `${market.url}/api/v1/market/orders`,
      connections: 128,
      seconds,
      request(n) {
        const at = n % agents.length;
        return {
          headers: `x-agent-pairing-token: ${agents[at]!.token}\r\nidempotency-key: bench-${keys++}\r\n`,
          body: bodies[at]!,
        };
      },
      onAnswer(status, body) {
        if (status !== 201) throw new Error(`${status}: ${body}`);
        acknowledged.push(/"id":"(mord_[0-9a-f]+)"/.exec(body)![1]!);
      },
    };
    const tpcB = preparePgbench(base.postgresUrl);
    const clients = bestClients(tpcB, log);
    // A service that places orders has been running: the compiler is warm.
    await postLoad({ ...template, seconds: quick ? 1 : 10 });
    const connections = await bestConnections(template, quick ? 1 : 2, log);
    const load: PostLoad = { ...template, connections };
    const anchorLoad: PostLoad = { ...load, url: `${bare.url}/api/v1/market/orders`, onAnswer: () => {} };
    const results: { ours: number; tpcb: number; fastify: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const { rate: ours } = await postLoad(load);
      const tpcb = runPgbench(tpcB, clients, seconds);
      const { rate: fastify } = await postLoad(anchorLoad);
      results.push({ ours, tpcb, fastify });
      log(
        `round ${round + 1}: orders ${format(ours)}/s, pgbench ${format(tpcb)} tps, bare Fastify ${format(fastify)}/s`,
      );
    }
    const ours = median(results.map((each) => each.ours));
    const half = await postLoad({ ...load, seconds }, ours / 2);
    log(
      `half load: p50 ${percentile(half.waits, 50).toFixed(1)} ms, p99 ${percentile(half.waits, 99).toFixed(1)} ms`,
    );
    const lost = await killAndCount(base, market.pid, acknowledged);
    log(`kill -9 of market and PostgreSQL: ${acknowledged.length} acknowledged, ${lost} lost`);
    await bare.stop();
    const note = `${connections} connections, ${agents.length} agents of ${machines} machines, payment record included; market and PostgreSQL share one core, as PostgreSQL alone does for the anchor; after kill -9 of both ${lost} of ${acknowledged.length} acknowledged orders were missing`;
    const worth = (value: number) => (lost === 0 ? value : 0);
    return [
      {
        id: "P1",
        what: "durable orders over HTTP against pgbench TPC-B",
        ours: `${format(ours)}/s`,
        anchor: `${format(median(results.map((each) => each.tpcb)))} tps`,
        value: worth(median(results.map((each) => each.ours / each.tpcb))),
        goal: { op: ">=", limit: 2, unit: "x" },
        note: `${note}; anchor: pgbench -M prepared, ${clients} clients, the best of several, as the connections are`,
      },
      {
        id: "P1",
        what: "durable orders against a bare Fastify POST with validation",
        ours: `${format(ours)}/s`,
        anchor: `${format(median(results.map((each) => each.fastify)))}/s`,
        value: worth(median(results.map((each) => each.ours / each.fastify))),
        goal: { op: ">=", limit: 0.2, unit: "x" },
      },
      {
        id: "P1",
        what: "placing an order at half load, p99",
        ours: `${percentile(half.waits, 99).toFixed(1)} ms`,
        anchor: "",
        value: percentile(half.waits, 99),
        goal: { op: "<=", limit: 25, unit: "ms" },
      },
    ];
  } finally {
    await base.stop();
  }
}

function preparePgbench(server: string): string {
  const url = new URL(server);
  url.pathname = "/bench_tpcb";
  const made = spawnSync("psql", [server, "-qc", "create database bench_tpcb"], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`psql is needed for the anchor: ${made.stderr ?? made.error}`);
  const filled = spawnSync("pgbench", ["-i", "-q", "-s", "10", url.href], { encoding: "utf8" });
  if (filled.status !== 0)
    throw new Error(`pgbench is needed for the anchor: ${filled.stderr ?? filled.error}`);
  return url.href;
}

function runPgbench(url: string, clients: number, seconds: number): number {
  const options = ["-n", "-M", "prepared", "-c", String(clients), "-j", "1", "-T", String(seconds), url];
  const [command, args] = pinned(1, "pgbench", options);
  const { stdout, stderr } = spawnSync(command, args, { encoding: "utf8" });
  // On a machine that has no time for it, not one transaction may end.
  if (/actually processed: 0\b/.test(stdout)) return 0;
  const tps = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
  if (!(tps > 0)) throw new Error(`pgbench said nothing of tps:\n${stdout}\n${stderr}`);
  return tps;
}

function bestClients(url: string, log: (line: string) => void): number {
  const found = [4, 8, 16, 32, 64].map((clients) => ({ clients, tps: runPgbench(url, clients, 2) }));
  log(`pgbench: ${found.map(({ clients, tps }) => `${clients} clients ${format(tps)}`).join(", ")}`);
  return found.toSorted((a, b) => b.tps - a.tps)[0]!.clients;
}

async function bestConnections(
  load: PostLoad,
  seconds: number,
  log: (line: string) => void,
): Promise<number> {
  const found: { connections: number; rate: number }[] = [];
  for (const connections of connectionCounts)
    found.push({ connections, rate: (await postLoad({ ...load, connections, seconds })).rate });
  log(`orders: ${found.map((each) => `${each.connections} connections ${format(each.rate)}`).join(", ")}`);
  return found.toSorted((a, b) => b.rate - a.rate)[0]!.connections;
}

/** How many acknowledged orders are missing, or lack their payment or audit row, after everything was killed. */
async function killAndCount(
  base: Awaited<ReturnType<typeof startMarketBench>>,
  marketPid: number,
  acknowledged: readonly string[],
): Promise<number> {
  process.kill(marketPid, "SIGKILL");
  await base.killPostgres();
  const url = new URL(base.postgresUrl);
  url.pathname = new URL(base.world.market.databaseUrl).pathname;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const { rows } = await client.query<{ n: string }>(
    `select count(*) as n from unnest($1::text[]) as acknowledged (id)
     where not exists (select from market_orders o where o.id = acknowledged.id)
       or not exists (select from market_payments p where p.order_id = acknowledged.id)
       or not exists (select from audit_events a where a.resource_id = acknowledged.id and a.type = 'order.created')`,
    [acknowledged],
  );
  await client.end();
  return Number(rows[0]!.n);
}
