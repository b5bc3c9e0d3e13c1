import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Rows of a file in examples/data, by the names in its first line. Plain CSV: no quotes in it. */
export function readData(name: string): Record<string, string>[] {
  const path = join(import.meta.dirname, "..", "data", name);
  const [head = "", ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
  const names = head.split(",");
  return lines.map((line) => {
    const values = line.split(",");
    return Object.fromEntries(names.map((column, index) => [column, values[index] ?? ""]));
  });
}
