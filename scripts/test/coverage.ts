import { existsSync } from "node:fs";
import { join } from "node:path";
import { command } from "../lib/command.ts";
import { root } from "../lib/root.ts";
import { nothing, type Outcome, type Runner, withExitCode } from "./runner.ts";

const script = join(root, "contracts/scripts/coverage.ts");

/** One test for each contract: every line, branch and function of it is reached by the Forge tests. */
export const coverage: Runner = {
  id: "coverage",
  title: "Contract coverage: every line, branch and function (forge)",
  leftOut: async () => (existsSync(join(root, "foundry.toml")) ? undefined : "foundry.toml does not exist"),
  async run() {
    const ended = await command(process.execPath, ["--conditions=@peaqos/source", script], { show: true });
    const outcome: Outcome = { ...nothing, failures: [] };
    for (const [, file, figures] of ended.stdout.matchAll(/^(\S+\.sol): (.+)$/gm)) {
      if ([...(figures ?? "").matchAll(/(\d+)\/(\d+)/g)].every(([, hit, found]) => hit === found)) {
        outcome.passed += 1;
      } else {
        outcome.failed += 1;
        outcome.failures.push(`${file} is not covered by its tests: ${figures}`);
      }
    }
    return withExitCode(outcome, ended.code, ended.output);
  },
};
