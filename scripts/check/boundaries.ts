import { posix } from "node:path";
import { isTest, read, repositoryFiles } from "./files.ts";
import { fromProblems, type Step } from "./step.ts";

/** Folder of a workspace -> which of our packages its code may import. Tests are free. docs/architecture.md draws it. */
const RULES: [folder: string, allowed: string[]][] = [
  ["packages/protocol", []],
  ["packages/abi", []],
  ["packages/sdk", ["@peaqos/protocol", "@peaqos/abi"]],
  ["packages/cli", ["@peaqos/peaq-os-sdk", "@peaqos/protocol", "@peaqos/abi"]],
  ["packages/service-kit", ["@peaqos/protocol"]],
  ["packages/testkit", ["@peaqos/*"]],
  ["contracts", ["@peaqos/abi"]],
  ["services/*", ["@peaqos/service-kit", "@peaqos/protocol", "@peaqos/abi", "@peaqos/peaq-os-sdk"]],
  ["apps/devnet", ["@peaqos/*", "peaq-os-cli"]],
  ["examples", ["@peaqos/peaq-os-sdk", "@peaqos/protocol", "@peaqos/abi", "@peaqos/devnet", "peaq-os-cli"]],
];

/** Loaded by tools that do not know our export condition, so they name files where others name packages. */
const BY_PATH = ["packages/testkit/src/global-setup.ts"];

type Import = { target: string; names: string; line: number };

/** The modules a file imports, statically or not, with the text between `import` and `from`. */
export function importsOf(source: string): Import[] {
  // Comments hold examples; strings that look like imports are rare enough to be renamed.
  const code = source
    .replace(/\/\*[\s\S]*?\*\//g, (text) => text.replace(/[^\n]/g, " "))
    .replace(/^\s*\/\/.*$/gm, "");
  const pattern =
    /\b(?:import|export)\s+([^'"`;()]*?)\s*\bfrom\s*["']([^"']+)["']|\bimport\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']/g;
  return [...code.matchAll(pattern)].map((match) => ({
    names: match[1] ?? "",
    target: match[2] ?? match[3] ?? match[4] ?? "",
    line: code.slice(0, match.index).split("\n").length,
  }));
}

/** What is wrong with one import of one file, or undefined. */
export function problemWith(
  from: string,
  { target, names }: Pick<Import, "target" | "names">,
): string | undefined {
  const rule = RULES.find(([folder]) => folderOf(from, folder) !== undefined);
  if (!rule || isTest(from)) return undefined;
  const [folder, allowed] = rule;
  const home = folderOf(from, folder) ?? folder;

  if (target.startsWith(".")) {
    const path = posix.normalize(posix.join(posix.dirname(from), target));
    if (isTest(path) && from.includes("/src/")) return `imports the test file ${target}`;
    if (path.startsWith(`${home}/`) || home === "examples" || BY_PATH.includes(from)) return undefined;
    return `leaves ${home} by the path ${target}; import the package by its name`;
  }
  if (
    from.startsWith("services/") &&
    target.startsWith("@peaqos/peaq-os-sdk") &&
    /\bPeaqosClient\b/.test(names)
  ) {
    return "imports PeaqosClient: services use the SDK's functions over a viem client";
  }
  const ours = /^(@peaqos\/[^/]+|peaq-os-cli)/.exec(target)?.[1];
  if (
    ours === undefined ||
    allowed.includes(ours) ||
    (allowed.includes("@peaqos/*") && ours !== "peaq-os-cli")
  ) {
    return undefined;
  }
  return `imports ${ours}: ${home} may import ${allowed.length > 0 ? allowed.join(", ") : "nothing of ours"}`;
}

function folderOf(path: string, folder: string): string | undefined {
  const pattern = new RegExp(`^${folder.replace("*", "[^/]+")}(?=/)`);
  return pattern.exec(path)?.[0];
}

export const boundaries: Step = {
  id: "boundaries",
  title: "Import directions between the packages",
  async run() {
    const files = repositoryFiles().filter(
      (path) => /\.(ts|tsx|js|mjs)$/.test(path) && !path.includes("/generated/"),
    );
    const problems = files.flatMap((path) =>
      importsOf(read(path)).flatMap((found) => {
        const problem = problemWith(path, found);
        return problem ? [`${path}:${found.line} ${problem}`] : [];
      }),
    );
    return fromProblems(
      problems,
      "Move the code to where it belongs; the directions are in scripts/check/boundaries.ts and docs/architecture.md.",
      `${files.length} files`,
    );
  },
};
