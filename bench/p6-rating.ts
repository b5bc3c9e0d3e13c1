import { freePort } from "../apps/devnet/src/process/ports.ts";
import { buildDays } from "../services/rating/src/score/days.ts";
import { MCR_1 } from "../services/rating/src/score/parameters.ts";
import { score } from "../services/rating/src/score/score.ts";
import type { ScoreEvent } from "../services/rating/src/score/types.ts";
import { rpc, rpcBatch, startBenchChain } from "./lib/chain.ts";
import { eventCall, registerFleet, seedEvents, signer } from "./lib/fleet.ts";
import { requestsPerSecond } from "./lib/http-load.ts";
import { pinSelf } from "./lib/processes.ts";
import { type Bench, type BenchContext, format, type Row } from "./lib/result.ts";
import { ratingEnv, startRating, startServer } from "./lib/services.ts";
import { median, percentile } from "./lib/stats.ts";

/** P6: scoring itself, how soon a new event shows in a rating, and how many ratings a second are served. */
export const bench: Bench = {
  id: "P6",
  title: "rating",
  async run(context) {
    pinSelf(1);
    return [rerate(context), ...(await service(context))];
  },
};

const DAY = 86_400;

function rerate({ rounds, quick, log }: BenchContext): Row {
  const machines = quick ? 1_000 : 10_000;
  const perMachine = 100;
  const asOf = 20_000 * DAY + 43_200;
  const histories = Array.from({ length: machines }, (_, machine) =>
    Array.from({ length: perMachine }, (_, index): ScoreEvent => {
      const timestamp = asOf - ((index * 37 + machine * 11) % 120) * DAY - index;
      const revenue = index % 3 === 0;
      return {
        index,
        eventType: revenue ? 0 : 1,
        timestamp,
        recordedAt: timestamp + 30,
        usdScoringCents: revenue ? 100 + ((index * machine) % 900) : null,
        cls: machine % 7 === 0 ? 1 : 0,
        paid: machine % 7 === 0,
      };
    }),
  );
  const standing = { bonded: true, flaggedAt: null, override: null };
  const times: number[] = [];
  for (let round = 0; round < rounds + 2; round++) {
    const started = performance.now();
    let sum = 0;
    for (const events of histories) sum += score({ asOf, ...standing, ...buildDays(events) }, MCR_1).rawScore;
    // The first two rounds warm the compiler; a service that re-rates has been running.
    if (round >= 2) times.push(performance.now() - started);
    if (sum === 0) throw new Error("no machine has a score: the bench's histories are wrong");
  }
  log(`re-rate of ${machines} machines: ${times.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  return {
    id: "P6",
    what: `re-rate of ${machines.toLocaleString("en-US")} machines from ${(machines * perMachine).toLocaleString("en-US")} events`,
    ours: `${median(times).toFixed(0)} ms`,
    anchor: "",
    value: median(times),
    goal: { op: "<=", limit: 250, unit: "ms" },
  };
}

async function service({ rounds, quick, log }: BenchContext): Promise<Row[]> {
  const chain = await startBenchChain(["operator"]);
  const database = await startServer<{ databases: string[] }>("database-server.ts", ["1"], 0);
  const bare = await startServer<{ url: string }>("bare-fastify.ts", [], 0);
  const machines = await registerFleet(chain, "operator", 20);
  await seedEvents(chain, "operator", machines, 400, 50);
  const port = await freePort();
  const rating = startRating(ratingEnv(chain, database.databases[0]!, port), 0);
  try {
    const did = await didOf(chain.url, chain.deployment.identityRegistry, machines[0]!);
    const url = `http://127.0.0.1:${port}/mcr/${did}`;
    const count = async () => {
      const response = await fetch(url);
      return response.ok ? ((await response.json()) as { event_count: number }).event_count : -1;
    };
    for (const deadline = Date.now() + 30_000; (await count().catch(() => -1)) !== 20; )
      if (Date.now() > deadline) throw new Error(`${url} did not show 20 events within 30 s`);

    const delays: number[] = [];
    const { sign } = await signer(chain, "operator");
    const block = await rpc<{ timestamp: `0x${string}` }>(chain.url, "eth_getBlockByNumber", [
      "latest",
      false,
    ]);
    for (let i = 0; i < (quick ? 20 : 200); i++) {
      const call = eventCall(machines[0]!, 1_000 + i, Number(block.timestamp) - 60);
      const raw = await sign(chain.deployment.eventRegistry, call, 400_000n);
      // Acknowledged means mined here: the delay runs from the block's existence to the answer that shows it.
      await rpcBatch(chain.url, [["eth_sendRawTransaction", [raw]]]);
      const mined = performance.now();
      while ((await count()) < 21 + i);
      delays.push(performance.now() - mined);
    }
    log(
      `visible after p50 ${percentile(delays, 50).toFixed(0)} ms, p99 ${percentile(delays, 99).toFixed(0)} ms`,
    );

    const seconds = quick ? 1 : 3;
    const pairs: [ours: number, anchor: number][] = [];
    for (let round = 0; round < rounds; round++) {
      const ours = await requestsPerSecond(url, { connections: 50, seconds });
      const anchor = await requestsPerSecond(`${bare.url}/mcr/${did}`, { connections: 50, seconds });
      pairs.push([ours, anchor]);
      log(`round ${round + 1}: GET /mcr ${format(ours)}/s, bare Fastify ${format(anchor)}/s`);
    }
    return [
      {
        id: "P6",
        what: "new event visible in the rating after its block, p99",
        ours: `${percentile(delays, 99).toFixed(0)} ms`,
        anchor: "",
        value: percentile(delays, 99),
        goal: { op: "<=", limit: 100, unit: "ms" },
      },
      {
        id: "P6",
        what: "GET /mcr against a bare Fastify GET",
        ours: `${format(median(pairs.map(([ours]) => ours)))}/s`,
        anchor: `${format(median(pairs.map(([, anchor]) => anchor)))}/s`,
        value: median(pairs.map(([ours, anchor]) => ours / anchor)),
        goal: { op: ">=", limit: 0.7, unit: "x" },
      },
    ];
  } finally {
    await rating.stop();
    await bare.stop();
    await database.stop();
    await chain.stop();
  }
}

async function didOf(url: string, registry: string, machineId: bigint): Promise<string> {
  const data = `0x6352211e${machineId.toString(16).padStart(64, "0")}`;
  const owner = await rpc<string>(url, "eth_call", [{ to: registry, data }, "latest"]);
  return `did:peaq:0x${owner.slice(-40)}`;
}
