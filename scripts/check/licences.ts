import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/root.ts";
import { read } from "./files.ts";
import { fromProblems, type Step } from "./step.ts";

/** Licences that let anyone use, change and ship the whole. */
const PERMISSIVE = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "PostgreSQL",
  "Python-2.0",
  "Unlicense",
  "Zlib",
]);

/** Packages whose package.json says nothing useful, with where their licence was read. */
const READ_BY_HAND: Record<string, string> = {};

/** True when an SPDX expression can be satisfied by permissive licences alone. */
export function permissive(expression: string): boolean {
  const bare = expression.replace(/[()]/g, " ").trim();
  return bare
    .split(/\s+OR\s+/)
    .some((choice) => choice.split(/\s+AND\s+/).every((id) => PERMISSIVE.has(id.trim())));
}

type Entry = { version?: string; dev?: boolean; link?: boolean; license?: string };

/** The lockfile does not always carry the licence; the installed package does. */
function licenceOf(path: string, entry: Entry): string | undefined {
  if (entry.license) return entry.license;
  const file = join(root, path, "package.json");
  if (!existsSync(file)) return undefined;
  const { license, licenses } = JSON.parse(readFileSync(file, "utf8"));
  return typeof license === "string" ? license : (license?.type ?? licenses?.[0]?.type);
}

export const licences: Step = {
  id: "licences",
  title: "Licences of everything shipped are permissive",
  async run() {
    const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, Entry> };
    const problems: string[] = [];
    let seen = 0;
    for (const [path, entry] of Object.entries(lock.packages)) {
      if (!path.includes("node_modules/") || entry.dev || entry.link) continue;
      const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
      const licence = READ_BY_HAND[name] ?? licenceOf(path, entry);
      // A package for another platform: not here, and the same project as its sibling that is.
      if (licence === undefined && !existsSync(join(root, path))) continue;
      seen += 1;
      if (licence === undefined) problems.push(`${name}@${entry.version}: names no licence`);
      else if (!permissive(licence)) problems.push(`${name}@${entry.version}: ${licence}`);
    }
    return fromProblems(
      problems,
      "Use another package, or make it a devDependency when it is not shipped; a licence read by hand goes into scripts/check/licences.ts.",
      `${seen} packages`,
    );
  },
};
