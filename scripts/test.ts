// `npm test`: every level of tests, one after the other, one summary line at the end.
//   npm test                                  everything
//   npm test -- --only vitest|forge|...       one runner (may be repeated or comma-separated)
//   npm test -- packages/sdk -t "some name"   vitest with these filters, nothing else
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seconds } from "./lib/command.ts";
import { checker } from "./test/checker.ts";
import { coverage } from "./test/coverage.ts";
import { forge } from "./test/forge.ts";
import { interop } from "./test/interop.ts";
import { add, nothing, type Outcome, type Runner, summaryLine } from "./test/runner.ts";
import { vitest } from "./test/vitest.ts";

const runners: Runner[] = [forge, coverage, vitest, checker, interop];

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const chosen = choose(argv);
  if (typeof chosen === "string") {
    console.error(chosen);
    return 2;
  }
  const scratch = mkdtempSync(join(tmpdir(), "peaqos-test-"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
  process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

  let total: Outcome = nothing;
  const lines: string[] = [];
  for (const runner of chosen.runners) {
    const reason = await runner.leftOut?.();
    if (reason !== undefined) {
      lines.push(`  ${runner.id.padEnd(8)} left out: ${reason}`);
      continue;
    }
    console.log(`\n== ${runner.title}`);
    const started = performance.now();
    const outcome = await runner.run({ args: chosen.args, scratch });
    lines.push(
      `  ${runner.id.padEnd(8)} ${summaryLine(outcome)} in ${seconds(performance.now() - started)}` +
        (outcome.failed > 0 ? `; again with: npm test -- --only ${runner.id}` : ""),
    );
    total = add(total, outcome);
  }
  if (total.failures.length > 0) {
    console.log(`\n== Failed\n\n${total.failures.map((text) => `- ${text.trimEnd()}`).join("\n\n")}`);
  }
  console.log(`\n== Summary\n${lines.join("\n")}`);
  console.log(summaryLine(total));
  if (total.passed + total.failed === 0) console.error("no test was run");
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

/** Which runners, with which arguments; a text when the arguments are wrong. */
function choose(argv: string[]): { runners: Runner[]; args: string[] } | string {
  const ids = runners.map((runner) => runner.id);
  const only: string[] = [];
  const args: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const arg = argv[index] ?? "";
    if (arg === "--only") only.push(...(argv[++index] ?? "").split(","));
    else if (arg.startsWith("--only=")) only.push(...arg.slice("--only=".length).split(","));
    else args.push(arg);
  }
  const unknown = only.find((id) => !ids.includes(id));
  if (unknown !== undefined) return `npm test: no runner "${unknown}"; there are ${ids.join(", ")}`;
  if (args.length > 0 && only.some((id) => id !== "vitest")) {
    return `npm test: "${args.join(" ")}" is for vitest, which is not among --only ${only.join(",")}`;
  }
  const wanted = only.length > 0 ? only : args.length > 0 ? ["vitest"] : ids;
  return { runners: runners.filter((runner) => wanted.includes(runner.id)), args };
}
