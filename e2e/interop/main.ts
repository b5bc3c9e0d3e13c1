/**
 * The published Python SDK and CLI, unmodified, against our stack, case by case.
 *
 *   node --conditions=@peaqos/source e2e/interop/main.ts            a table
 *   node --conditions=@peaqos/source e2e/interop/main.ts --json     { passed, failed, skipped, cases }
 *   ... --only=TEXT                                                 groups with TEXT in their title
 *
 * Writes the counts to the file in PEAQOS_TEST_REPORT too, for `npm test`.
 */
import { writeFileSync } from "node:fs";
import type { CaseResult } from "./case.ts";
import { runCases } from "./run.ts";
import { publishedClients } from "./venv.ts";

process.exitCode = await main(process.argv.includes("--json"));

async function main(json: boolean): Promise<number> {
  const log = (line: string) => (json ? console.error(line) : console.log(line));
  const clients = publishedClients(log);
  if ("missing" in clients) {
    log(`interop: left out: ${clients.missing}`);
    if (json)
      console.log(JSON.stringify({ passed: 0, failed: 0, skipped: 1, cases: [], reason: clients.missing }));
    report(0, 0, 1, []);
    return 0;
  }
  const only = process.argv.find((arg) => arg.startsWith("--only="))?.slice("--only=".length);
  const cases = await runCases(clients, log, only);
  const bad = cases.filter((result) => result.outcome === "failed");
  const skipped = cases.filter((result) => result.outcome === "skipped").length;
  const passed = cases.length - bad.length - skipped;
  const known = cases.filter((result) => result.outcome === "expected-failure").length;
  if (json) console.log(JSON.stringify({ passed, failed: bad.length, skipped, cases }, null, 2));
  else
    console.log(
      `\n${cases.length} cases: ${passed - known} pass, ${known} fail upstream as known, ${bad.length} fail here${skipped > 0 ? `, ${skipped} left out` : ""}`,
    );
  report(passed, bad.length, skipped, bad);
  return bad.length > 0 ? 1 : 0;
}

function report(passed: number, failed: number, skipped: number, bad: CaseResult[]): void {
  const file = process.env.PEAQOS_TEST_REPORT;
  const failures = bad.map(({ group, name, note }) => `interop > ${group} > ${name}\n${note ?? ""}`);
  if (file) writeFileSync(file, JSON.stringify({ passed, failed, skipped, failures }));
}
