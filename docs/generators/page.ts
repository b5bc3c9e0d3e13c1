import { readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Writes a generated page, or with --check says whether the one that stands there is the one it would write. */
export function writeOrCheck(name: string, text: string): void {
  const root = join(import.meta.dirname, "..", "..");
  const path = join(root, "docs", name);
  const shown = relative(root, path);
  if (!process.argv.includes("--check")) {
    writeFileSync(path, text);
    console.log(`wrote ${shown}`);
    return;
  }
  let current = "";
  try {
    current = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  if (current === text) return;
  console.error(`${shown} is not what ${relative(root, process.argv[1] ?? "")} writes`);
  process.exitCode = 1;
}

export const generatedBy = (script: string, from: string) =>
  `<!-- Written by ${script} (npm run generate) from ${from}. Change that, not this page. -->`;
