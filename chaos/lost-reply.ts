import { createContext } from "@peaqos/peaq-os-sdk/actions";
import { type Address, erc20Abi } from "viem";
import { startMarketBench } from "../bench/lib/market.ts";
import { conservation } from "../services/market/src/payments/conservation.ts";
import { inParallel } from "../services/market/src/payments/test/fake-kit.ts";
import type { MarketWorld } from "../services/market/test/world.ts";
import { type Chaos, type ChaosReport, check } from "./lib/chaos.ts";
import { type CountingSeller, countingSeller } from "./lib/counting-seller.ts";
import { type Cut, cuttingProxy } from "./lib/cutting-proxy.ts";
import { type Buyer, createPayer, purchase, type RailName, rails, serviceOf } from "./lib/purchase.ts";
import { randomOf } from "./lib/random.ts";

/** Purchases whose replies are lost: requests that never arrive, replies that are cut before or within their body. */
export const chaos: Chaos = {
  title:
    "lost-reply: 100,000 purchases on every rail whose replies are lost and retried; one settlement and one execution each",
  async run({ scale, log }) {
    const base = await startMarketBench({ settings: limits });
    try {
      const markets = [await base.market(0), await base.market(1)];
      return await loseReplies(base.world, {
        urls: markets.map((market) => market.url),
        purchases: Math.max(rails.length, Math.round(100_000 * scale)),
        seed: 20_261_122,
        log,
      });
    } finally {
      await base.stop();
    }
  },
};

/** The seller stands still for nothing: no circuit, no queue. */
export const limits = {
  PEAQOS_EXECUTION_PER_SELLER: "100",
  PEAQOS_EXECUTION_CONCURRENCY: "100",
} as const;

export type LostReplies = {
  /** Replicas, without the base path. */
  readonly urls: readonly string[];
  readonly purchases: number;
  readonly seed: number;
  log(line: string): void;
};

/** Of all requests: how many lose their reply. A purchase has three to five, so about every one is hit. */
const cutShare = 0.25;
const buyers = 8;
const units = 10_000n;

async function list(world: MarketWorld, seller: CountingSeller): Promise<void> {
  for (const rail of rails) {
    const isFree = rail === "not-required";
    await world.putService({
      id: serviceOf(rail),
      operationContracts: [{ operation: "echo", exampleInput: { text: "hello" } }],
      endpoints: [{ url: seller.url, path: "/echo", operation: "echo", protocols: ["peaqos-http-1"] }],
      ...(isFree ? {} : { pricing: { mode: "fixed", amount: 0.01, currency: "USD" } }),
      payment: isFree
        ? { defaultRail: rail }
        : {
            defaultRail: rail,
            supportedRails: [rail],
            chain: world.chainName,
            token: "USDC",
            tokenAddress: world.chain.deployment.usdc,
            payeeAddress: world.seller,
          },
    });
  }
}

export async function loseReplies(world: MarketWorld, run: LostReplies): Promise<ChaosReport> {
  const random = randomOf(run.seed);
  await using seller = await countingSeller();
  await using proxy = await cuttingProxy(run.urls, () => {
    const roll = random() / cutShare;
    const cut: Cut = roll >= 1 ? "ok" : roll < 1 / 3 ? "before" : roll < 2 / 3 ? "after" : "middle";
    return { cut, target: Math.floor(random() * run.urls.length) };
  });
  await list(world, seller);
  const machine = await world.machine("chaos buyer");
  const client = createContext({
    rpcUrl: world.chain.url,
    contracts: world.chain.deployment,
    orchestrationUrl: proxy.url,
    orchestrationMaxRetries: 10,
  });
  const agents: Buyer[] = [];
  for (let index = 0; index < buyers; index++) {
    const agent = await world.agent(machine, { name: `chaos buyer ${index}` });
    agents.push({ client, agent, pay: await createPayer(world, agent, random) });
  }
  const before = await balance(world);
  const ids = new Map<string, RailName>();
  const failed: string[] = [];
  let done = 0;
  await inParallel(Array.from({ length: run.purchases }), 48, async (_, index) => {
    const rail = rails[index % rails.length]!;
    try {
      ids.set(await purchase(agents[index % agents.length]!, rail, `p${run.seed}-${index}`), rail);
    } catch (error) {
      failed.push(`purchase ${index} by ${rail}: ${String(error)}`);
    }
    if (++done % 5_000 === 0) run.log(`${done} of ${run.purchases} purchases`);
  });
  const paidIn = (await balance(world)) - before;
  return {
    did: [
      `${run.purchases.toLocaleString("en-US")} purchases on ${rails.length} rails by ${buyers} agents with the SDK, ${run.urls.length} replicas, seed ${run.seed}`,
      `${Object.values(proxy.counts)
        .reduce((sum, count) => sum + count, 0)
        .toLocaleString(
          "en-US",
        )} requests: ${proxy.counts.before} never arrived, ${proxy.counts.after} replies lost, ${proxy.counts.middle} replies cut in the middle`,
    ],
    checks: await looked(world, { ids, failed, seller, paidIn, purchases: run.purchases }),
  };
}

const balance = ({ chain, seller }: MarketWorld): Promise<bigint> =>
  chain.publicClient.readContract({
    address: chain.deployment.usdc as Address,
    abi: erc20Abi,
    functionName: "balanceOf",
    args: [seller],
  });

type Facts = {
  readonly id: string;
  readonly status: string;
  readonly payment: string | null;
  readonly transfers: number;
  readonly held: number;
  readonly delivered: number;
};

async function looked(
  world: MarketWorld,
  found: {
    readonly ids: ReadonlyMap<string, RailName>;
    readonly failed: readonly string[];
    readonly seller: CountingSeller;
    readonly paidIn: bigint;
    readonly purchases: number;
  },
) {
  const { ids, seller } = found;
  const finished = check("every purchase came to its end");
  for (let index = 0; index < found.purchases; index++)
    finished.expect(index >= found.failed.length, () => found.failed[index]!);
  const orders = check("the orders in the database are those of the purchases, each once");
  const settled = check("each order was settled once: one transfer where money moves, one step to held");
  const executed = check("each order was executed once by its seller and delivered once");
  const states = check("each order is confirmed and its payment to be released");
  const { rows } = await world.market.service.market.database.pool.query<Facts>(
    // Counted in one pass each: a look-up per order would take hours at full size.
    `with moved as (select payment_id, count(*) as transfers from payment_transfers group by payment_id),
       told as (select resource_id, type, count(*) as times from audit_events
         where type in ('payment.held', 'order.delivered') group by resource_id, type)
     select o.id, o.status, p.status as payment, coalesce(m.transfers, 0) as transfers,
       coalesce(h.times, 0) as held, coalesce(d.times, 0) as delivered
     from market_orders o left join market_payments p on p.order_id = o.id
       left join moved m on m.payment_id = p.id
       left join told h on h.resource_id = p.id and h.type = 'payment.held'
       left join told d on d.resource_id = o.id and d.type = 'order.delivered'`,
  );
  orders.expect(rows.length === ids.size, () => `${rows.length} orders for ${ids.size} purchases`);
  let transferred = 0n;
  for (const row of rows) {
    const rail = ids.get(row.id);
    orders.expect(rail !== undefined, () => `order ${row.id} belongs to no purchase`);
    const isTransfer = rail === "wallet" || rail === "wdk-usdt-transfer";
    if (isTransfer) transferred += units;
    const isPaid = rail !== "not-required";
    const isSettledOnce =
      Number(row.transfers) === (isTransfer ? 1 : 0) && Number(row.held) === (isPaid ? 1 : 0);
    settled.expect(isSettledOnce, () => JSON.stringify(row));
    const work = seller.work.get(row.id) ?? 0;
    executed.expect(work === 1 && Number(row.delivered) === 1, () => `${row.id}: worked ${work} times`);
    const isDone = row.status === "confirmed" && row.payment === (isPaid ? "release_pending" : null);
    states.expect(isDone, () => JSON.stringify(row));
  }
  const money = check("what the seller has on the chain is what the orders cost");
  money.expect(found.paidIn === transferred, () => `${found.paidIn} instead of ${transferred}`);
  const sums = check("the sums of the ledger agree");
  for (const each of await conservation(world.market.service.market.database.pool))
    sums.expect(each.difference === "0", () => JSON.stringify(each));
  return [finished, orders, settled, executed, states, money, sums].map((each) => each.report());
}
