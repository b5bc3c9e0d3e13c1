import { join } from "node:path";
import { command } from "../lib/command.ts";
import { findPython, noPython } from "../lib/python.ts";
import { root } from "../lib/root.ts";
import { reported } from "./report.ts";
import type { Runner } from "./runner.ts";

/** The second implementation of the rating model: its own tests, then random histories against ours. */
export const checker: Runner = {
  id: "checker",
  title: "Independent rating checker in Python against ours",
  leftOut: async () => ((await findPython()) ? undefined : noPython),
  async run({ scratch }) {
    const python = (await findPython()) ?? "python3";
    return reported(scratch, "checker", (env) =>
      command(python, [join(root, "vectors/checker/run_tests.py")], {
        show: true,
        env: { ...env, PEAQOS_NODE: process.execPath },
      }),
    );
  },
};
