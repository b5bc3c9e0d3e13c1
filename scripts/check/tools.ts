import { tool } from "../lib/command.ts";
import { missingEntries } from "../lockfile.js";
import { read } from "./files.ts";
import { fromProblems, type Step } from "./step.ts";

export const lockfile: Step = {
  id: "lockfile",
  title: "package-lock.json serves every platform",
  async run() {
    const missing = Object.keys(missingEntries(JSON.parse(read("package-lock.json"))));
    return fromProblems(missing, "Run: node scripts/lockfile.js, and commit package-lock.json.");
  },
};

function fromTool(id: string, title: string, run: [name: string, args: string[]], todo: string): Step {
  return {
    id,
    title,
    async run() {
      const { code, output } = await tool(...run);
      return code === 0 ? { ok: true } : { ok: false, problems: output, todo };
    },
  };
}

export const lint: Step = fromTool(
  "lint",
  "Format and lint (Biome)",
  ["biome", ["check", "--error-on-warnings", "--colors=off", "--max-diagnostics=50", "."]],
  "Run: node_modules/.bin/biome check --write . and correct what remains by hand.",
);

export const types: Step = fromTool(
  "types",
  "Types (tsc)",
  ["tsc", ["-p", ".", "--pretty", "false"]],
  "Correct the types; the same list comes from node_modules/.bin/tsc -p .",
);

export const deadCode: Step = fromTool(
  "dead-code",
  "Unused files, exports and dependencies (knip)",
  ["knip", ["--no-progress"]],
  "Delete what nobody uses, or name the entry point in knip.json.",
);
