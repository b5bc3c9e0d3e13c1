import { postAll } from "../bench/lib/http-post-load.ts";
import { startMarketBench } from "../bench/lib/market.ts";
import { orderBody, priced } from "../services/market/test/shop.ts";
import {
  type MarketWorld,
  succeeded,
  type WorldAgent,
  type WorldMachine,
} from "../services/market/test/world.ts";
import { type Chaos, type ChaosReport, check } from "./lib/chaos.ts";

/**
 * Orders race one daily cap through the public API of two replicas in the shipped configuration: PostgreSQL with every
 * commit on disk, two market processes. Prices differ, so that the last cents can be fought for.
 */
export const chaos: Chaos = {
  title: "cap-race: 10,000 orders race one daily cap on two replicas, 100 times; nothing is ever overspent",
  async run({ scale, log }) {
    const base = await startMarketBench();
    try {
      const markets = [await base.market(0), await base.market(1)];
      const orders = 10_000;
      return await raceCaps(base.world, {
        urls: markets.map((market) => market.url),
        orders: scale < 0.01 ? Math.max(100, Math.round(orders * scale * 100)) : orders,
        repeats: Math.max(1, Math.round(100 * scale)),
        connections: 200,
        log,
      });
    } finally {
      await base.stop();
    }
  },
};

/** In hundredths of a dollar; the cap is a fraction of what all of them ask for together. */
const prices = [1, 2, 3, 5, 7, 9] as const;
const capCents = 5_000;

export type Race = {
  /** Replicas, without the base path. */
  readonly urls: readonly string[];
  readonly orders: number;
  readonly repeats: number;
  readonly connections: number;
  log(line: string): void;
};

export async function raceCaps(world: MarketWorld, race: Race): Promise<ChaosReport> {
  for (const cents of prices) await world.putService(priced(world, `svc_${cents}`, cents / 100));
  const cap = Math.min(capCents, Math.floor(race.orders * 2));
  const checks = {
    answers: check("every answer is 201 or AGENT_DAILY_LIMIT_EXCEEDED"),
    overspend: check("what is reserved is within the cap"),
    usable: check("at least 99.9 % of the cap was used"),
    acknowledged: check(
      "the acknowledged orders are the orders in the database, each once, each with its payment",
    ),
    repeated: check("a repeated key got the order of its first answer"),
    sums: check("the day's sum is the sum of the orders that hold it"),
  };
  const machine = await world.machine("racing machine");
  let placed = 0;
  for (let repeat = 0; repeat < race.repeats; repeat++) {
    const agent = await world.agent(machine, {
      name: `racer ${repeat}`,
      fund: false,
      policy: { dailySpendLimit: cap / 100, currency: "USD" },
    });
    const found = await raceOnce(race, agent, repeat, checks);
    const state = await stateOf(world, machine, agent);
    checks.overspend.expect(state.held <= cap, () => `round ${repeat}: ${state.held} of ${cap} cents`);
    checks.usable.expect(state.held >= cap * 0.999, () => `round ${repeat}: ${state.held} of ${cap} cents`);
    checks.sums.expect(
      state.spent === state.held,
      () => `round ${repeat}: sum ${state.spent}, orders hold ${state.held}`,
    );
    checks.acknowledged.expect(
      state.orders === found.ids.size && state.paid === found.ids.size && found.cents === state.held,
      () =>
        `round ${repeat}: ${found.ids.size} acknowledged for ${found.cents} cents, ${state.orders} orders with ${state.paid} payments for ${state.held} cents`,
    );
    placed += found.ids.size;
    race.log(
      `round ${repeat + 1} of ${race.repeats}: ${found.ids.size} of ${race.orders} orders got in for ${state.held} of ${cap} cents`,
    );
  }
  const audit = succeeded(await world.call("GET", `/audit-events/verify?machineId=${machine.id}`)).body;
  const verified = check("the machine's audit chain holds every order and verifies");
  const chain = audit.item ?? audit;
  verified.expect(chain.valid === true && chain.events >= placed, () => JSON.stringify(chain).slice(0, 500));
  const total = race.orders * race.repeats;
  return {
    did: [
      `${total.toLocaleString("en-US")} orders over HTTP (${race.orders.toLocaleString("en-US")} racing one cap, ${race.repeats} caps), every tenth with the key of an earlier one, split over ${race.urls.length} replicas, ${race.connections} at a time`,
      `${placed.toLocaleString("en-US")} of them placed for ${((race.repeats * cap) / 100).toLocaleString("en-US")} USD that could be spent`,
    ],
    checks: [...Object.values(checks), verified].map((each) => each.report()),
  };
}

type Checks = Readonly<Record<"answers" | "repeated", ReturnType<typeof check>>>;

async function raceOnce(
  { urls, orders, connections }: Race,
  agent: WorldAgent,
  repeat: number,
  checks: Checks,
): Promise<{ ids: Set<string>; cents: number }> {
  const bodies = prices.map((cents) => JSON.stringify(orderBody(agent, `svc_${cents}`)));
  const idOf = new Map<string, string>();
  const ids = new Set<string>();
  let cents = 0;
  // Every tenth request repeats an earlier one with its key, somewhere near it in time, on the other replica.
  const plan = Array.from({ length: orders }, (_, n) => {
    const original = n % 10 === 9 ? n - 1 - (n % 7) : n;
    return { key: `${repeat}-${original}`, price: original % prices.length };
  });
  await postAll({
    urls: urls.map((url) => `${url}/api/v1/market/orders`),
    connections,
    count: orders,
    request: (n) => ({
      to: (n + (n % 10 === 9 ? 1 : 0)) % urls.length,
      headers: `x-agent-pairing-token: ${agent.token}\r\nidempotency-key: ${plan[n]!.key}\r\n`,
      body: bodies[plan[n]!.price]!,
    }),
    onAnswer(status, body, n) {
      const refused = status === 403 && body.includes('"AGENT_DAILY_LIMIT_EXCEEDED"');
      checks.answers.expect(status === 201 || refused, () => `${status}: ${body.slice(0, 300)}`);
      if (status !== 201) return;
      const id = /"id":"(mord_[0-9a-f]+)"/.exec(body)?.[1] ?? "none";
      const { key, price } = plan[n]!;
      const before = idOf.get(key);
      if (before !== undefined) {
        checks.repeated.expect(before === id, () => `${key}: ${before}, then ${id}`);
        return;
      }
      idOf.set(key, id);
      ids.add(id);
      cents += prices[price]!;
    },
  });
  return { ids, cents };
}

/** What the database says, in cents. */
async function stateOf(world: MarketWorld, machine: WorldMachine, agent: WorldAgent) {
  const { rows } = await world.market.service.market.database.pool.query<Record<string, string | number>>(
    `select
       (select count(*) from market_orders where agent_pairing_id = $2) as orders,
       (select count(*) from market_orders o join market_payments p on p.order_id = o.id
         where o.agent_pairing_id = $2) as paid,
       (select (coalesce(sum(amount), 0) * 100)::int from market_orders
         where agent_pairing_id = $2 and spend_held) as held,
       (select (coalesce(sum(spent), 0) * 100)::int from spend_days where machine_id = $1 and subject = $2) as spent`,
    [machine.id, agent.pairingId],
  );
  const [row] = rows;
  return {
    orders: Number(row!.orders),
    paid: Number(row!.paid),
    held: Number(row!.held),
    spent: Number(row!.spent),
  };
}
