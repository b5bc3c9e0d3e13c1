import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { testUsdcAbi } from "@peaqos/abi";
import pg from "pg";
import { type Address, encodeFunctionData, type Hex, numberToHex } from "viem";
import { priced } from "../services/market/test/shop.ts";
import type { MarketWorld, WorldAgent } from "../services/market/test/world.ts";
import { rpc, rpcBatch } from "./lib/chain.ts";
import { startMarketBench } from "./lib/market.ts";
import { pinSelf } from "./lib/processes.ts";
import { type Bench, type BenchContext, format, type Row } from "./lib/result.ts";
import { median, percentile } from "./lib/stats.ts";

/**
 * P3: whole purchases over HTTP with every check on: search, order, intent, a proof verified on the chain, execution at
 * a seller, confirmation. A payment counts only from a block after its order, so the transfers are mined between the
 * two halves of a purchase, off the clock.
 */
export const bench: Bench = {
  id: "P3",
  title: "whole purchases",
  async run(context) {
    return purchases(context);
  },
};

const machines = 48;
const together = 48;
const serviceId = "svc_bench";

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
type Body = any;
type Purchase = { readonly agent: WorldAgent; order: Body; hash: Hex };

async function purchases({ rounds, quick, log }: BenchContext): Promise<Row[]> {
  const count = quick ? 60 : 600;
  const base = await startMarketBench();
  const seller = await startSeller();
  try {
    const { world } = base;
    await world.putService({
      ...priced(world, serviceId, 0.01),
      serviceType: "oracle.price-feed",
      operationContracts: [{ operation: "get-latest-price", exampleInput: { baseSymbol: "EUR" } }],
      endpoints: [
        { operation: "get-latest-price", url: seller.url, path: "/price", protocols: ["peaqos-http-1"] },
      ],
      metadata: { contracts: { "get-latest-price": contract } },
    });
    const agents: WorldAgent[] = [];
    for (let i = 0; i < machines; i++) {
      const machine = await world.machine(`bench machine ${i}`);
      const policy = { perTransactionLimit: 5, dailySpendLimit: 1_000_000, currency: "USD" };
      agents.push(await world.agent(machine, { policy }));
    }
    const market = await base.market(0, { PEAQOS_PAYMENT_POLL_MS: "50" });
    pinSelf(1);
    const call = caller(market.url);
    const done: string[] = [];
    const rates: number[] = [];
    const waits: number[] = [];
    for (let round = -1; round < rounds; round++) {
      const list: Purchase[] = Array.from({ length: round < 0 ? together : count }, (_, i) => ({
        agent: agents[i % agents.length]!,
        order: undefined,
        hash: "0x",
      }));
      const first = await timed(list, async (each) => {
        each.order = await placed(call, each.agent);
      });
      await pay(world, list);
      const second = await timed(list, (each) => finished(call, each));
      // The round before the first warms everything up.
      if (round < 0) continue;
      done.push(...list.map((each) => each.order.id));
      rates.push(count / ((first.ms + second.ms) / 1_000));
      waits.push(...list.map((_, i) => first.each[i]! + second.each[i]!));
      log(
        `round ${round + 1}: ${format(rates.at(-1)!)} purchases/s (search and order ${first.ms.toFixed(0)} ms, intent to confirmation ${second.ms.toFixed(0)} ms for ${count})`,
      );
    }
    const wrong = await killAndCount(base, market.pid, done, seller.effects);
    log(
      `kill -9 of market and PostgreSQL: ${done.length} confirmed purchases, ${wrong} missing, doubled or halved`,
    );
    return [
      {
        id: "P3",
        what: "purchases from search to confirmation, payment verified on the chain",
        ours: `${format(median(rates))}/s`,
        anchor: "",
        value: wrong === 0 ? median(rates) : 0,
        goal: { op: ">=", limit: 150, unit: "/s" },
        note: `six calls each, ${together} at a time, ${machines} machines; p50 ${percentile(waits, 50).toFixed(0)} ms, p99 ${percentile(waits, 99).toFixed(0)} ms a purchase without the mining; market and PostgreSQL share one core, the chain's gateway, the rating service, the seller and the load the other; after kill -9 of both ${wrong} of ${done.length} confirmed purchases lacked one payment, one execution at the seller or one confirmation`,
      },
    ];
  } finally {
    await base.stop();
    seller.stop();
  }
}

const contract = {
  inputSchema: {
    type: "object",
    required: ["baseSymbol"],
    additionalProperties: false,
    properties: { baseSymbol: { type: "string" }, quoteSymbol: { type: "string" } },
  },
  outputSchema: {
    type: "object",
    required: ["price", "at"],
    properties: { price: { type: "string" }, at: { type: "string" } },
  },
};

/** As fast as a seller can be, so that the market is what is measured. */
async function startSeller() {
  const effects = new Map<string, number>();
  const server: Server = createServer((request, response) => {
    request.resume().on("end", () => {
      const orderId = String(request.headers["x-peaqos-order-id"]);
      if (request.headers["x-peaqos-payment"] !== undefined)
        effects.set(orderId, (effects.get(orderId) ?? 0) + 1);
      response
        .writeHead(200, { "content-type": "application/json" })
        .end('{"price":"1.08","at":"2026-01-01"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    effects,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

type Call = (agent: WorldAgent, path: string, body: object) => Promise<Body>;

const caller =
  (url: string): Call =>
  async (agent, path, body) => {
    const response = await fetch(`${url}/api/v1/market${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-agent-pairing-token": agent.token },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Body;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer.item ?? answer;
  };

async function placed(call: Call, agent: WorldAgent): Promise<Body> {
  const who = { machineId: agent.machine.id, agentPairingId: agent.pairingId };
  const search = await call(agent, "/search", { ...who, serviceType: "oracle.price-feed", maxResults: 3 });
  const [quote] = search.quotes;
  return call(agent, "/orders", {
    ...who,
    serviceId: quote.serviceId,
    quoteId: quote.id,
    input: { baseSymbol: "EUR", quoteSymbol: "USD" },
  });
}

async function finished(call: Call, { agent, order, hash }: Purchase): Promise<void> {
  const path = `/orders/${order.id}`;
  const { rail, amount } = await call(agent, `${path}/payment-intent`, {});
  const payment = await call(agent, `${path}/payment-proof`, {
    verificationMode: "rpc",
    transactionHash: hash,
    chain: rail.chain,
    token: rail.token,
    tokenAddress: rail.tokenAddress,
    payerAddress: rail.payerAddress,
    payeeAddress: rail.payeeAddress,
    amount: String(amount),
    rawAmount: rail.metadata.rawAmount,
    tokenDecimals: rail.metadata.tokenDecimals,
  });
  if (payment.status !== "held") throw new Error(`the payment of ${order.id} is ${payment.status}`);
  const { execution } = await call(agent, `${path}/execute`, {});
  if (execution.outcome.status !== "completed") throw new Error(JSON.stringify(execution));
  const confirmed = await call(agent, `${path}/confirm`, {});
  if (confirmed.order.status !== "confirmed") throw new Error(JSON.stringify(confirmed));
}

/** Works on `together` of the list at a time. */
async function timed(
  list: readonly Purchase[],
  work: (each: Purchase) => Promise<void>,
): Promise<{ ms: number; each: number[] }> {
  const each: number[] = new Array(list.length);
  let next = 0;
  const started = performance.now();
  const worker = async () => {
    for (let i = next++; i < list.length; i = next++) {
      const at = performance.now();
      await work(list[i]!);
      each[i] = performance.now() - at;
    }
  };
  await Promise.all(Array.from({ length: together }, worker));
  return { ms: performance.now() - started, each };
}

/** One transfer for each purchase, mined and final before the clock runs again. */
async function pay(world: MarketWorld, list: readonly Purchase[]): Promise<void> {
  const { chain } = world;
  const nonces = new Map<Address, number>();
  const raws: Hex[] = [];
  for (const { agent } of list) {
    const known = nonces.get(agent.address);
    const nonce =
      known ?? Number(await rpc<Hex>(chain.url, "eth_getTransactionCount", [agent.address, "latest"]));
    nonces.set(agent.address, nonce + 1);
    const args = [world.seller, 10_000n] as const;
    raws.push(
      await agent.account.signTransaction({
        chainId: chain.chainId,
        type: "eip1559",
        nonce,
        to: chain.deployment.usdc,
        data: encodeFunctionData({ abi: testUsdcAbi, functionName: "transfer", args }),
        gas: 100_000n,
        maxFeePerGas: 10n ** 11n,
        maxPriorityFeePerGas: 10n ** 9n,
      }),
    );
  }
  for (let at = 0; at < raws.length; at += 50) {
    const part = raws.slice(at, at + 50);
    const hashes = await rpcBatch<Hex>(
      chain.url,
      part.map((raw) => ["eth_sendRawTransaction", [raw]] as const),
    );
    for (const [i, hash] of hashes.entries()) list[at + i]!.hash = hash;
  }
  const receipts = await rpcBatch<{ status: Hex } | null>(
    chain.url,
    list.map(({ hash }) => ["eth_getTransactionReceipt", [hash]] as const),
  );
  if (receipts.some((receipt) => receipt?.status !== numberToHex(1))) throw new Error("a transfer failed");
}

/** Confirmed purchases that, after everything was killed, lack or double a payment, an execution or a confirmation. */
async function killAndCount(
  base: Awaited<ReturnType<typeof startMarketBench>>,
  marketPid: number,
  confirmed: readonly string[],
  effects: ReadonlyMap<string, number>,
): Promise<number> {
  process.kill(marketPid, "SIGKILL");
  await base.killPostgres();
  const url = new URL(base.postgresUrl);
  url.pathname = new URL(base.world.market.databaseUrl).pathname;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const { rows } = await client.query<{ id: string }>(
    `select id from unnest($1::text[]) as confirmed (id)
     where 1 <> (select count(*) from market_orders o where o.id = confirmed.id and o.status = 'confirmed')
       or 1 <> (select count(*) from market_payments p join payment_transfers t on t.payment_id = p.id
                where p.order_id = confirmed.id and t.purpose = 'payment')
       or 1 <> (select count(*) from outcomes o where o.order_id = confirmed.id and o.status = 'completed')`,
    [confirmed],
  );
  await client.end();
  const twice = confirmed.filter((id) => effects.get(id) !== 1);
  return new Set([...rows.map((row) => row.id), ...twice]).size;
}
