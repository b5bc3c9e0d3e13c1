import { expect, test } from "vitest";
import { marketWorld } from "../services/market/test/world.ts";
import { limits, loseReplies } from "./lost-reply.ts";

// Guarantees: a purchase whose replies are lost at any step is settled once and executed once (a hundredth of the full size).

test("1,000 purchases on all rails over two replicas: no violation", { timeout: 600_000 }, async () => {
  await using world = await marketWorld({ settings: { ...limits, PEAQOS_MARKET_CHECK_ANSWERS: "false" } });
  const second = await world.market.replica();
  const report = await loseReplies(world, {
    urls: [world.market.url, second.url],
    purchases: Number(process.env.PEAQOS_LOST_REPLIES ?? 1_000),
    seed: 1,
    log: () => undefined,
  });
  for (const { what, times, violations } of report.checks) {
    expect({ what, violations }).toEqual({ what, violations: [] });
    expect(times).toBeGreaterThan(0);
  }
});
