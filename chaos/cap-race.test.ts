import { expect, test } from "vitest";
import { marketWorld } from "../services/market/test/world.ts";
import { raceCaps } from "./cap-race.ts";

// Guarantees: racing orders never overspend a daily cap, and leave nothing of it unused (a hundredth of the full size).

test("10,000 orders in 10 races over two replicas: no violation", { timeout: 120_000 }, async () => {
  await using world = await marketWorld({ settings: { PEAQOS_MARKET_CHECK_ANSWERS: "false" } });
  const second = await world.market.replica();
  const report = await raceCaps(world, {
    urls: [world.market.url, second.url],
    orders: 1_000,
    repeats: 10,
    connections: 100,
    log: () => undefined,
  });
  for (const { what, times, violations } of report.checks) {
    expect({ what, violations }).toEqual({ what, violations: [] });
    expect(times).toBeGreaterThan(0);
  }
});
