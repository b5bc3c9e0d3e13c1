import { existsSync } from "node:fs";
import { join } from "node:path";
import { tool } from "../lib/command.ts";
import { root } from "../lib/root.ts";
import { nothing, type Outcome, type Runner, withExitCode } from "./runner.ts";

type Report = Record<
  string,
  {
    test_results: Record<
      string,
      { status: "Success" | "Failure" | "Skipped"; reason?: string | null; counterexample?: unknown }
    >;
  }
>;

/** Counts a `forge test --json` report. */
export function readReport(report: Report): Outcome {
  const outcome: Outcome = { ...nothing, failures: [] };
  for (const [suite, { test_results }] of Object.entries(report)) {
    for (const [name, test] of Object.entries(test_results)) {
      if (test.status === "Success") outcome.passed += 1;
      else if (test.status === "Skipped") outcome.skipped += 1;
      else {
        outcome.failed += 1;
        const example = test.counterexample ? `\n${JSON.stringify(test.counterexample).slice(0, 600)}` : "";
        outcome.failures.push(`${suite} > ${name}: ${test.reason ?? "failed"}${example}`);
      }
    }
  }
  return outcome;
}

export const forge: Runner = {
  id: "forge",
  title: "Contract tests: unit, fuzz, invariants (forge)",
  leftOut: async () => (existsSync(join(root, "foundry.toml")) ? undefined : "foundry.toml does not exist"),
  async run() {
    const cwd = root;
    const built = await tool("forge", ["build"], { cwd });
    if (built.code !== 0) return withExitCode(nothing, built.code, built.output);
    // 200,000 invariant calls instead of a few seconds' worth where nobody waits.
    const env = process.env.CI ? { FOUNDRY_PROFILE: process.env.FOUNDRY_PROFILE ?? "ci" } : {};
    const ended = await tool("forge", ["test", "--json"], { cwd, env });
    const report = parse(ended.stdout);
    for (const [suite, { test_results }] of Object.entries(report)) {
      const { passed, failed } = readReport({ [suite]: { test_results } });
      console.log(
        `  ${failed > 0 ? "x" : "ok"} ${suite}: ${passed} passed${failed ? `, ${failed} failed` : ""}`,
      );
    }
    return withExitCode(readReport(report), ended.code, ended.output);
  },
};

/** The report is one line of standard output; notes may stand before it. */
function parse(stdout: string): Report {
  const line = stdout.split("\n").find((text) => text.startsWith("{"));
  try {
    return JSON.parse(line ?? "{}") as Report;
  } catch {
    return {};
  }
}
