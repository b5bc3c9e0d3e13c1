import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Ended } from "../lib/command.ts";
import { nothing, type Outcome, withExitCode } from "./runner.ts";

/**
 * A runner outside vitest and forge: `start` runs it with the environment given, and it writes
 * `{ passed, failed, skipped?, failures? }` as JSON to the path in PEAQOS_TEST_REPORT.
 */
export async function reported(
  scratch: string,
  name: string,
  start: (env: Record<string, string>) => Promise<Ended>,
): Promise<Outcome> {
  const file = join(scratch, `${name}.json`);
  const ended = await start({ PEAQOS_TEST_REPORT: file });
  const report: Partial<Outcome> = await readFile(file, "utf8").then(JSON.parse, () => ({}));
  const outcome = { ...nothing, failures: [], ...report };
  if (ended.code === 0 && outcome.passed + outcome.failed + outcome.skipped === 0) {
    return {
      ...nothing,
      failed: 1,
      failures: [`${name} ended well but reported no test (PEAQOS_TEST_REPORT)`],
    };
  }
  return withExitCode(outcome, ended.code, ended.output);
}
