import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { tool } from "../lib/command.ts";
import { root } from "../lib/root.ts";
import { nothing, type Outcome, type Runner, withExitCode } from "./runner.ts";

type Report = {
  testResults: {
    name: string;
    status: string;
    message?: string;
    assertionResults: { status: string; fullName: string; failureMessages?: string[] }[];
  }[];
};

/** Counts a vitest JSON report; a file that did not load counts as one failed test. */
export function readReport(report: Report): Outcome {
  const outcome: Outcome = { ...nothing, failures: [] };
  for (const file of report.testResults) {
    const name = relative(root, file.name);
    for (const test of file.assertionResults) {
      if (test.status === "passed") outcome.passed += 1;
      else if (test.status === "failed") {
        outcome.failed += 1;
        const reason = (test.failureMessages?.[0] ?? "").split("\n").slice(0, 12).join("\n");
        outcome.failures.push(`${name} > ${test.fullName}\n${reason}`);
      } else outcome.skipped += 1;
    }
    if (file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed")) {
      outcome.failed += 1;
      outcome.failures.push(`${name}: ${file.message || "did not load"}`);
    }
  }
  return outcome;
}

export const vitest: Runner = {
  id: "vitest",
  title: "TypeScript tests of all workspaces, docs and stories (vitest)",
  async run({ args, scratch }) {
    const file = join(scratch, "vitest.json");
    const ended = await tool(
      "vitest",
      ["run", "--reporter=default", "--reporter=json", `--outputFile=${file}`, ...args],
      { show: true, env: { PEAQOS_TEST_RUN: "1" } },
    );
    const report = await readFile(file, "utf8").then(JSON.parse, () => ({ testResults: [] }));
    return withExitCode(readReport(report), ended.code, ended.output);
  },
};
