// Fails when a line, branch or function of our contracts is not reached by the Forge tests.
// Usage: node contracts/scripts/coverage.ts
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgeBinary } from "./forge.ts";

type Count = { found: number; hit: number };
type FileCoverage = { lines: Count; branches: Count; functions: Count; missedLines: number[] };

/** Reads an lcov report; keeps files of contracts/src, because libraries are not ours to cover. */
export function parseLcov(text: string): Map<string, FileCoverage> {
  const files = new Map<string, FileCoverage>();
  let current: FileCoverage | undefined;
  for (const line of text.split("\n")) {
    const [tag, rest = ""] = line.split(/:(.*)/);
    if (tag === "SF") {
      current = { lines: zero(), branches: zero(), functions: zero(), missedLines: [] };
      if (rest.includes("contracts/src/")) files.set(rest, current);
    }
    if (!current) continue;
    const [first, second, , taken] = rest.split(",");
    if (tag === "DA") {
      add(current.lines, second !== "0");
      if (second === "0") current.missedLines.push(Number(first));
    }
    if (tag === "BRDA") {
      add(current.branches, taken !== "0" && taken !== "-");
      if (taken === "0" || taken === "-") current.missedLines.push(Number(first));
    }
    if (tag === "FNDA") add(current.functions, first !== "0");
  }
  return files;
}

const zero = (): Count => ({ found: 0, hit: 0 });

function add(count: Count, hit: boolean): void {
  count.found += 1;
  if (hit) count.hit += 1;
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "peaqos-coverage-"));
  const report = join(folder, "lcov.info");
  try {
    // Coverage compiles without the optimiser, so gas snapshots do not apply; invariants add nothing but time.
    execFileSync(
      forgeBinary(),
      [
        "coverage",
        "--report",
        "lcov",
        "--report-file",
        report,
        "--no-match-contract",
        "GasTest|InvariantsTest",
      ],
      { cwd: join(import.meta.dirname, "..", ".."), stdio: ["ignore", "ignore", "inherit"] },
    );
    const files = parseLcov(readFileSync(report, "utf8"));
    if (files.size === 0) throw new Error("the coverage report names no file of contracts/src");
    for (const [file, { lines, branches, functions, missedLines }] of files) {
      const figure = (name: string, { hit, found }: Count) => `${name} ${hit}/${found}`;
      const figures = [figure("lines", lines), figure("branches", branches), figure("functions", functions)];
      console.log(`${file}: ${figures.join(", ")}`);
      if ([lines, branches, functions].every(({ hit, found }) => hit === found)) continue;
      console.error(`  not reached: line ${[...new Set(missedLines)].sort((a, b) => a - b).join(", ")}`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (import.meta.main) main();
