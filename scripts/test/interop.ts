import { existsSync } from "node:fs";
import { join } from "node:path";
import { script } from "../lib/command.ts";
import { findPython, noPython } from "../lib/python.ts";
import { root } from "../lib/root.ts";
import { reported } from "./report.ts";
import type { Runner } from "./runner.ts";

const entry = join(root, "e2e/interop/main.ts");

/** The published Python client and CLI, unmodified, against our stack. */
export const interop: Runner = {
  id: "interop",
  title: "The published Python SDK and CLI against our stack (interop)",
  async leftOut() {
    if (!existsSync(entry)) return "e2e/interop/main.ts does not exist";
    return (await findPython()) ? undefined : noPython;
  },
  run: ({ scratch }) => reported(scratch, "interop", (env) => script(entry, [], { show: true, env })),
};
