// Changes the contracts one small way at a time and sees whether the Forge tests notice: a change that no test notices
// is a rule that no test checks. Works on a copy; slow (seconds per change).
// Usage: node contracts/scripts/mutate.ts [--every N] [--file NAME]   N = 5 takes every fifth change
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { forgeBinary } from "./forge.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** One change of one line. */
type Mutant = { file: string; line: number; before: string; after: string };

/** What is replaced by what; each match in a line of code is a change of its own. */
const OPERATORS: [RegExp, string][] = [
  [/^(\s*)require\(.*\);$/g, "$1"],
  [/^(\s*)emit .*;$/g, "$1"],
  [/^(\s*)revert .*;$/g, "$1"],
  [/^(\s*)(?!return|emit|require|revert|uint|address|bytes|bool|event|error)[\w$.[\]]+ [+|-]?= .*;$/g, "$1"],
  [/^(\s*)(?:delete |\+\+|--)[\w$.[\]()]+;$/g, "$1"],
  [/ (?:onlyOwner|whenNotPaused|nonReentrant|initializer)\b/g, ""],
  [/ == /g, " != "],
  [/ != /g, " == "],
  [/ <= /g, " < "],
  [/ >= /g, " > "],
  [/ < /g, " <= "],
  [/ > /g, " >= "],
  [/ && /g, " || "],
  [/ \|\| /g, " && "],
  [/ \+ /g, " - "],
  [/ - /g, " + "],
  [/\btrue\b/g, "false"],
  [/\+\+(?=[\w$])/g, "--"],
  [/(?<=[(, ])1(?=[,; )])/g, "2"],
];

/** All changes of one file, in order; comments, imports and declarations of errors and events are left alone. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const lines = source.split("\n");
  return lines.flatMap((before, index) => {
    if (/^\s*(\/\/|\*|import|pragma|event|error|using|\/\*)/.test(before)) return [];
    return OPERATORS.flatMap(([pattern, replacement]) =>
      [...before.matchAll(pattern)].map((match) => {
        const changed = match[0].replace(new RegExp(pattern.source), replacement);
        // A pattern with look-around does not match alone: then the replacement stands for the whole match.
        const text = changed === match[0] ? replacement : changed;
        const after = before.slice(0, match.index) + text + before.slice(match.index + match[0].length);
        return { file, line: index + 1, before, after };
      }),
    );
  });
}

function allMutants(only: string | undefined): Mutant[] {
  const folder = join(ROOT, "contracts", "src");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".sol") && !name.includes("interfaces") && !name.includes("proxy"))
    .filter((name) => only === undefined || name.includes(only))
    .sort()
    .flatMap((name) => mutantsOf(join("contracts", "src", name), readFileSync(join(folder, name), "utf8")));
}

/** A copy of what Forge reads, with the packages linked. */
function workingCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), "peaqos-mutants-"));
  for (const path of ["foundry.toml", "package.json", "contracts/src", "contracts/test", "contracts/bin"]) {
    cpSync(join(ROOT, path), join(copy, path), { recursive: true });
  }
  for (const slow of ["Gas.t.sol", "Invariants.t.sol", "EventStorageBench.sol"]) {
    rmSync(join(copy, "contracts", "test", slow));
  }
  symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
  return copy;
}

/** Whether the tests of the copy pass. Not compiling counts as noticed. */
function passes(copy: string): boolean {
  const { status } = spawnSync(
    forgeBinary(),
    ["test", "--optimize", "false", "--fuzz-runs", "32", "--fail-fast"],
    {
      cwd: copy,
      stdio: "ignore",
      timeout: 180_000,
    },
  );
  return status === 0;
}

function main(argv: string[]): void {
  const { values } = parseArgs({
    args: argv,
    options: { every: { type: "string", default: "1" }, file: { type: "string" } },
  });
  const mutants = allMutants(values.file).filter((_, index) => index % Number(values.every) === 0);
  const copy = workingCopy();
  const survivors: Mutant[] = [];
  try {
    if (!passes(copy)) throw new Error("the tests fail without any change");
    for (const [index, mutant] of mutants.entries()) {
      const path = join(copy, mutant.file);
      const source = readFileSync(path, "utf8");
      const lines = source.split("\n");
      lines[mutant.line - 1] = mutant.after;
      writeFileSync(path, lines.join("\n"));
      if (passes(copy)) {
        survivors.push(mutant);
        console.log(`not noticed: ${mutant.file}:${mutant.line}\n  - ${mutant.before}\n  + ${mutant.after}`);
      }
      writeFileSync(path, source);
      if (index % 20 === 19)
        console.log(`${index + 1} of ${mutants.length}, ${survivors.length} not noticed`);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  const share = (100 * (mutants.length - survivors.length)) / mutants.length;
  console.log(
    `${mutants.length - survivors.length} of ${mutants.length} changes noticed (${share.toFixed(1)} %)`,
  );
  if (share < 95) process.exitCode = 1;
}

if (import.meta.main) main(process.argv.slice(2));
