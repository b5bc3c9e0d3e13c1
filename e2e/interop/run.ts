import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CaseResult, Context, Group } from "./case.ts";
import type { CliMade } from "./cases/cli.ts";
import { cliActivate } from "./cases/cli-activate.ts";
import { cliQualify } from "./cases/cli-qualify.ts";
import { cross } from "./cases/cross.ts";
import { sdkDid } from "./cases/sdk-did.ts";
import { sdkEvents } from "./cases/sdk-events.ts";
import { type Made, sdkIdentity } from "./cases/sdk-identity.ts";
import { sdkQueries } from "./cases/sdk-queries.ts";
import { startPublishedSdk } from "./published-sdk.ts";
import { startStack } from "./stack.ts";
import type { PublishedClients } from "./venv.ts";

/** Starts a devnet of its own, runs every case against it, and stops it. */
export async function runCases(
  clients: PublishedClients,
  log: (line: string) => void,
): Promise<CaseResult[]> {
  const scratch = mkdtempSync(join(tmpdir(), "peaqos-interop-"));
  const made: Made = {};
  const cliMade: CliMade = {};
  try {
    const stack = await startStack(join(scratch, "devnet"));
    const sdk = startPublishedSdk(clients.python, { ...stack.env, HOME: scratch });
    const context: Context = {
      stack,
      clients,
      sdk,
      workDir: () => mkdtempSync(join(scratch, "work-")),
    };
    // Two lines at a time: the SDK's groups in their order, the CLI's in theirs; the last reads what both wrote.
    try {
      const sdkGroups = [sdkIdentity(made), sdkDid(made), sdkEvents(made), sdkQueries(made)];
      const cliGroups = [cliActivate(cliMade), cliQualify(cliMade)];
      const both = await Promise.all([runGroups(sdkGroups, context), runGroups(cliGroups, context)]);
      const results = [...both.flat(), ...(await runGroups([cross(made, cliMade)], context))];
      print(results, log);
      return results;
    } finally {
      await sdk.stop();
      await stack.stop();
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function runGroups(groups: Group[], context: Context): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const group of groups) {
    for (const { name, upstream, run } of group.cases(context)) {
      const started = performance.now();
      const result = await run().then(
        () => ({ outcome: upstream ? ("expected-failure" as const) : ("passed" as const), note: upstream }),
        (error: unknown) => ({
          outcome: "failed" as const,
          note: String((error as Error)?.message ?? error),
        }),
      );
      results.push({
        group: group.title,
        name,
        outcome: result.outcome,
        ...(result.note ? { note: result.note } : {}),
        milliseconds: Math.round(performance.now() - started),
      });
    }
  }
  return results;
}

const MARKS = { passed: "pass", failed: "FAIL", "expected-failure": "known" } as const;

function print(results: CaseResult[], log: (line: string) => void): void {
  let group = "";
  for (const result of results) {
    if (result.group !== group) log(`\n${result.group}`);
    group = result.group;
    log(`  ${MARKS[result.outcome].padEnd(6)}${result.name}`);
    if (result.note) for (const line of result.note.split("\n")) log(`        ${line}`);
  }
}
