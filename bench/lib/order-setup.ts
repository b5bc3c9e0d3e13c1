import { priced } from "../../services/market/test/shop.ts";
import type { MarketWorld, WorldAgent } from "../../services/market/test/world.ts";

/** Machines, agents with limits, and priced services, brought in through the API; and the order each agent places. */
export async function orderSetup(
  world: MarketWorld,
  machines: number,
): Promise<{ agents: WorldAgent[]; orders: object[] }> {
  for (let i = 0; i < 4; i++) await world.putService(priced(world, `svc_bench_${i}`, 0.01 * (i + 1)));
  const agents: WorldAgent[] = [];
  for (let i = 0; i < machines; i++) {
    const machine = await world.machine(`bench machine ${i}`);
    for (const name of ["a", "b"])
      agents.push(
        await world.agent(machine, {
          name: `bench agent ${i}${name}`,
          fund: false,
          policy: {
            perTransactionLimit: 5,
            dailySpendLimit: 1_000_000,
            currency: "USD",
            deniedServiceIds: ["svc_other"],
          },
        }),
      );
  }
  const orders = agents.map((agent, i) => ({
    machineId: agent.machine.id,
    agentPairingId: agent.pairingId,
    serviceId: `svc_bench_${i % 4}`,
    input: { baseSymbol: "EUR", quoteSymbol: "USD", at: "2026-01-01" },
    budget: { max: 1, currency: "USD" },
  }));
  return { agents, orders };
}
