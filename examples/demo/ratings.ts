import type { MCRExplanation } from "@peaqos/peaq-os-sdk";
import { readerOf } from "./chain-log.ts";
import type { Running } from "./devnet.ts";
import type { Fleet, Station } from "./fleet.ts";
import { pooled } from "./pool.ts";
import { dollars, grouped, table } from "./screen.ts";
import type { Sessions } from "./sessions.ts";

export type RatedStation = Station & { explanation: MCRExplanation; sessions: number; paid: number };

/** The explanation of every station at the chain's newest block, best first. */
export async function rateFleet(running: Running, fleet: Fleet, sessions: Sessions): Promise<RatedStation[]> {
  await caughtUp(running, fleet);
  const counts = new Map(sessions.stations.map((station) => [station.id, station]));
  const rated = await pooled(fleet.stations, 16, async (station) => ({
    ...station,
    explanation: await fleet.operator.queryMcrExplain(station.did),
    sessions: counts.get(station.id)?.sessions ?? 0,
    paid: counts.get(station.id)?.paid ?? 0,
  }));
  return rated.sort(
    (a, b) =>
      b.explanation.mcrScore - a.explanation.mcrScore ||
      b.explanation.rawScore - a.explanation.rawScore ||
      b.sessions - a.sessions ||
      a.id.localeCompare(b.id),
  );
}

/** The rating service follows the chain: waits until it has read the block that is newest now. */
async function caughtUp(running: Running, fleet: Fleet): Promise<void> {
  const head = await readerOf(running).getBlockNumber();
  const url = `${running.file.urls.rating}/mcr/${fleet.stations[0]?.did}/explain`;
  for (const deadline = performance.now() + 30_000; ; ) {
    const answer = (await (await fetch(url)).json()) as { block_number?: number };
    if (BigInt(answer.block_number ?? 0) >= head) return;
    if (performance.now() > deadline)
      throw new Error(
        `The rating service is at block ${answer.block_number}, the chain at ${head}: it does not follow.`,
      );
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** One line per station within 80 columns. */
export function fleetTable(fleet: readonly RatedStation[]): string[] {
  return table(
    ["Station", "Machine", "Sessions", "Paid", "USD in 90 days", "Days of 30", "Raw", "Rating "],
    fleet.map(({ id, machineId, sessions, paid, explanation }) => {
      const inputs = (factor: string) => explanation.factors.find((each) => each.id === factor)?.inputs ?? {};
      const revenue = inputs("revenue_level");
      const cents = BigInt(revenue.unpaid_cents ?? 0) + BigInt(revenue.paid_cents ?? 0);
      return [
        id,
        String(machineId),
        grouped(sessions),
        grouped(paid),
        dollars(cents),
        String(inputs("cadence").active_days ?? 0),
        String(explanation.rawScore),
        explanation.mcr,
      ];
    }),
  );
}
