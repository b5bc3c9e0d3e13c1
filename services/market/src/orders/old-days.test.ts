import { expect, test } from "vitest";
import { place, priced, spentToday } from "../../test/shop.ts";
import { marketWorld, succeeded } from "../../test/world.ts";
import { cleanUp } from "../jobs/cleanup.ts";

const day = 24 * 3_600_000;

/** Guarantees that a day's sums go only when no order of that day can give back what it holds. */
test("the sums of a day are kept for the days of the setting, and as long as an order of the day is open", async () => {
  await using world = await marketWorld({
    settings: { PEAQOS_SPEND_KEEP_DAYS: "3", PEAQOS_SESSION_TTL_SECONDS: "10000000" },
  });
  const machine = await world.machine("saver");
  const agent = await world.agent(machine, { policy: { dailySpendLimit: 5 }, fund: false });
  await world.putService(priced(world, "svc_one", 1));
  const { market } = world.market.service;
  const { pool } = market.database;
  const days = async () =>
    (await pool.query("select count(distinct day) as days from spend_days")).rows[0].days as number;
  const ordered = async (): Promise<string> => succeeded(await place(world, agent, "svc_one")).body.item.id;
  const set = (id: string, status: string, payment: string) =>
    pool.query(
      `with moved as (update market_orders set status = $2 where id = $1)
       update market_payments set status = $3 where order_id = $1`,
      [id, status, payment],
    );
  const cancel = (id: string) => world.call("POST", `/market/orders/${id}/cancel`, { token: agent.token });

  const first = await ordered();
  const second = await ordered();
  await cleanUp(market);
  expect(await days()).toBe(1);
  world.market.clock.add(3 * day);
  await cleanUp(market);
  expect(await days()).toBe(1);
  world.market.clock.add(day);
  await ordered();

  // Both open; then one disputed, its payment not decided yet.
  await cleanUp(market);
  expect(await days()).toBe(2);
  succeeded(await cancel(first));
  await set(second, "disputed", "frozen");
  await cleanUp(market);
  expect(await days()).toBe(2);
  await set(second, "disputed", "refunded");
  await cleanUp(market);
  expect(await days()).toBe(2);
  await set(second, "disputed", "released");
  await cleanUp(market);
  expect(await days()).toBe(1);

  // The new day is what counts, and a late giving back of the old one does nothing to it.
  expect(await spentToday(world, agent)).toBe(1);
  await set(second, "ready", "intent_created");
  succeeded(await cancel(second));
  expect(await spentToday(world, agent)).toBe(1);
  expect(await days()).toBe(1);
});
