import pg from "pg";
import { type PostLoad, postLoad } from "./lib/http-post-load.ts";
import { startMarketBench } from "./lib/market.ts";
import { orderSetup } from "./lib/order-setup.ts";
import { pinSelf } from "./lib/processes.ts";
import { type Bench, type BenchContext, format, type Row } from "./lib/result.ts";
import { median } from "./lib/stats.ts";

/**
 * P2: orders in batches over HTTP with every check on, against inserting the same rows (order, payment, audit row and
 * key of each) in the same numbers with plain multi-row inserts, checked by nobody.
 */
export const bench: Bench = { id: "P2", title: "orders in batches", run: bulk };

const perRequest = 500;
const tables = ["market_orders", "market_payments", "audit_events", "idempotency_keys"] as const;

async function bulk({ rounds, quick, log }: BenchContext): Promise<Row[]> {
  const seconds = quick ? 1 : 5;
  const base = await startMarketBench();
  const client = new pg.Client({ connectionString: base.world.market.databaseUrl });
  try {
    const { agents, orders } = await orderSetup(base.world, 5);
    const market = await base.market(0);
    await client.connect();
    pinSelf(1);
    const bodies = orders.map((order) =>
      JSON.stringify({ orders: Array.from({ length: perRequest }, () => order) }),
    );
    let keys = 0;
    let placed = 0;
    const load: PostLoad = {
      url: `${market.url}/api/v1/market/orders/batch`,
      connections: 4,
      seconds,
      request(n) {
        const at = n % agents.length;
        return {
          headers: `x-agent-pairing-token: ${agents[at]!.token}\r\nidempotency-key: bulk-${keys++}\r\n`,
          body: bodies[at]!,
        };
      },
      onAnswer(status, body) {
        if (status !== 200 || !body.startsWith(`{"placed":${perRequest},`))
          throw new Error(`${status}: ${body.slice(0, 500)}`);
        placed += perRequest;
      },
    };
    await postLoad({ ...load, seconds: quick ? 1 : 8 });
    const rows = await sampleRows(client, quick ? 2_000 : 10_000);
    const pairs: [ours: number, anchor: number][] = [];
    for (let round = 0; round < rounds; round++) {
      const { rate } = await postLoad(load);
      const anchor = await insertAgain(client, rows, round);
      pairs.push([rate * perRequest, anchor]);
      log(
        `round ${round + 1}: batches ${format(rate * perRequest)} orders/s, plain multi-row inserts ${format(anchor)}/s`,
      );
    }
    const { rows: counted } = await client.query<{ n: string }>("select count(*) as n from market_orders");
    const lost = placed - Number(counted[0]!.n);
    log(`${placed} acknowledged, ${lost} missing`);
    const ratio = median(pairs.map(([ours, anchor]) => ours / anchor));
    return [
      {
        id: "P2",
        what: "orders in batches over HTTP against multi-row inserts of the same rows",
        ours: `${format(median(pairs.map(([ours]) => ours)))}/s`,
        anchor: `${format(median(pairs.map(([, anchor]) => anchor)))}/s`,
        value: lost === 0 ? ratio : 0,
        goal: { op: ">=", limit: 0.5, unit: "x" },
        note: `${perRequest} orders a request, 4 requests at a time; the anchor inserts ${perRequest} orders with their payments, audit rows and keys in each transaction, from a client on the other core; both commit to disk`,
      },
    ];
  } finally {
    await client.end().catch(() => undefined);
    await base.stop();
  }
}

type Sample = {
  readonly table: string;
  readonly columns: readonly { name: string; type: string }[];
  readonly chunks: (string | null)[][][];
};

/** Rows of the market's own tables, column by column as text, in chunks of a transaction; into empty copies they go. */
async function sampleRows(client: pg.Client, count: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (const table of tables) {
    await client.query(`create table copy_of_${table} (like ${table} including all)`);
    const { rows: columns } = await client.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, atttypmod) as type from pg_attribute
       where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
      [table],
    );
    const { rows } = await client.query<Record<string, string | null>>(
      `select ${columns.map(({ name }) => `${name}::text as ${name}`).join(", ")} from ${table} limit ${count}`,
    );
    const chunks: (string | null)[][][] = [];
    for (let at = 0; at < rows.length; at += perRequest)
      chunks.push(columns.map(({ name }) => rows.slice(at, at + perRequest).map((row) => row[name] ?? null)));
    samples.push({ table, columns, chunks });
  }
  return samples;
}

/** @returns orders a second. */
async function insertAgain(client: pg.Client, samples: readonly Sample[], round: number): Promise<number> {
  for (const { table } of samples) await client.query(`truncate copy_of_${table}`);
  const chunks = Math.min(...samples.map((sample) => sample.chunks.length));
  const started = performance.now();
  for (let chunk = 0; chunk < chunks; chunk++) {
    await client.query("begin");
    for (const { table, columns, chunks: all } of samples)
      await client.query({
        name: `copy_${table}_${round}`,
        text: `insert into copy_of_${table} select ${columns.map(({ type }, i) => `c${i}::${type}`).join(", ")}
          from unnest(${columns.map((_, i) => `$${i + 1}::text[]`).join(", ")})
            as new (${columns.map((_, i) => `c${i}`).join(", ")})`,
        values: all[chunk]!,
      });
    await client.query("commit");
  }
  return (chunks * perRequest) / ((performance.now() - started) / 1_000);
}
