import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CaseResult, Context, Group } from "./case.ts";
import type { CliMade } from "./cases/cli.ts";
import { cliActivate } from "./cases/cli-activate.ts";
import { cliQualify } from "./cases/cli-qualify.ts";
import { cliScaleMachine } from "./cases/cli-scale-machine.ts";
import { cliScaleOrder } from "./cases/cli-scale-order.ts";
import { cliScalePayment } from "./cases/cli-scale-payment.ts";
import { cross } from "./cases/cross.ts";
import type { MarketMade } from "./cases/market.ts";
import { marketCross } from "./cases/market-cross.ts";
import type { ScaleMade } from "./cases/scale.ts";
import { sdkDid } from "./cases/sdk-did.ts";
import { sdkEvents } from "./cases/sdk-events.ts";
import { type Made, sdkIdentity } from "./cases/sdk-identity.ts";
import { sdkLater } from "./cases/sdk-later.ts";
import { sdkMarketAgents } from "./cases/sdk-market-agents.ts";
import { sdkMarketDocumented } from "./cases/sdk-market-documented.ts";
import { sdkMarketMachines } from "./cases/sdk-market-machines.ts";
import { sdkMarketOrders } from "./cases/sdk-market-orders.ts";
import { sdkMarketPairings } from "./cases/sdk-market-pairings.ts";
import { sdkMarketPayments } from "./cases/sdk-market-payments.ts";
import { sdkMarketSearch } from "./cases/sdk-market-search.ts";
import { sdkQueries } from "./cases/sdk-queries.ts";
import { startPublishedSdk } from "./published-sdk.ts";
import { startStack } from "./stack.ts";
import type { PublishedClients } from "./venv.ts";

/**
 * Starts a devnet of its own, runs every case against it, and stops it.
 *
 * @param only groups with this in their title; a group may need those of its line before it.
 */
export async function runCases(
  clients: PublishedClients,
  log: (line: string) => void,
  only?: string,
): Promise<CaseResult[]> {
  const scratch = mkdtempSync(join(tmpdir(), "peaqos-interop-"));
  const made: Made = {};
  const cliMade: CliMade = {};
  const marketMade: MarketMade = {};
  const scaleMade: ScaleMade = {};
  try {
    const stack = await startStack(join(scratch, "devnet"));
    const sdk = startPublishedSdk(clients.python, { ...stack.env, HOME: scratch });
    const market = startPublishedSdk(clients.python, { ...stack.env, HOME: scratch }, "market.py");
    const later =
      "missing" in clients.later
        ? clients.later
        : startPublishedSdk(clients.later.python, { ...stack.env, HOME: scratch }, "market.py");
    const context: Context = {
      stack,
      clients,
      sdk,
      market,
      later,
      workDir: () => mkdtempSync(join(scratch, "work-")),
    };
    // Lines side by side, the groups of one in their order; those in `last` read what the others wrote.
    const lines = [
      [sdkIdentity(made), sdkDid(made), sdkEvents(made), sdkQueries(made)],
      [cliActivate(cliMade), cliQualify(cliMade)],
      [
        sdkMarketMachines(marketMade),
        sdkMarketPairings(marketMade),
        sdkMarketAgents(marketMade),
        sdkMarketSearch(marketMade),
        sdkMarketOrders(marketMade),
        sdkMarketPayments(marketMade),
        sdkMarketDocumented(marketMade),
        sdkLater(),
      ],
      [cliScaleMachine(scaleMade), cliScaleOrder(scaleMade), cliScalePayment(scaleMade)],
    ];
    const last = [cross(made, cliMade), marketCross(marketMade, scaleMade)];
    try {
      const chosen = (groups: Group[]) =>
        groups.filter(({ title }) => only === undefined || title.includes(only));
      const side = await Promise.all(lines.map((groups) => runGroups(chosen(groups), context)));
      const results = [...side.flat(), ...(await runGroups(chosen(last), context))];
      print(results, log);
      return results;
    } finally {
      await Promise.all([sdk.stop(), market.stop(), "missing" in later ? undefined : later.stop()]);
      await stack.stop();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function runGroups(groups: Group[], context: Context): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const group of groups) {
    for (const { name, upstream, skip, run } of group.cases(context)) {
      const started = performance.now();
      if (skip !== undefined) {
        results.push({ group: group.title, name, outcome: "skipped", note: skip, milliseconds: 0 });
        continue;
      }
      const result = await run().then(
        () => ({ outcome: upstream ? ("expected-failure" as const) : ("passed" as const), note: upstream }),
        (error: unknown) => ({
          outcome: "failed" as const,
          note: String((error as Error)?.message ?? error),
        }),
      );
      const milliseconds = Math.round(performance.now() - started);
      if (process.env.PEAQOS_INTEROP_PROGRESS)
        console.error(
          `${result.outcome} in ${milliseconds} ms: ${group.title} > ${name}\n${result.note ?? ""}`,
        );
      results.push({
        group: group.title,
        name,
        outcome: result.outcome,
        ...(result.note ? { note: result.note } : {}),
        milliseconds,
      });
    }
  }
  return results;
}

const MARKS = { passed: "pass", failed: "FAIL", "expected-failure": "known", skipped: "skip" } as const;

function print(results: CaseResult[], log: (line: string) => void): void {
  let group = "";
  for (const result of results) {
    if (result.group !== group) log(`\n${result.group}`);
    group = result.group;
    log(`  ${MARKS[result.outcome].padEnd(6)}${result.name}`);
    if (result.note) for (const line of result.note.split("\n")) log(`        ${line}`);
  }
}
