import { isTest, read, repositoryFiles } from "./files.ts";
import { fromProblems, type Step } from "./step.ts";

/** Services of others that code must not call unless a deployment names them. */
const REAL = new RegExp(
  [
    "peaq\\.(network|xyz|com|io)",
    "peaqos\\.(xyz|com|io|network)",
    "base\\.org",
    "ethereum\\.org",
    "(infura|alchemy|quicknode|quiknode|ankr|drpc|publicnode|llamarpc|blastapi|onfinality|chainstack)\\.[a-z]+",
    "frankfurter\\.[a-z]+",
    "layerzero[a-z-]*\\.[a-z]+",
  ].join("|"),
  "i",
);

/** Network presets (taken only after an explicit choice), and data whose source is named. */
const ALLOWED = [
  /^packages\/abi\/src\/networks/,
  /^docs\//,
  /\.md$/,
  /^scripts\/check\/hosts/,
  /^package-lock\.json$/,
];

/** Lines of a file that name a real service's host outside a comment. */
export function realHosts(source: string): { line: number; host: string }[] {
  const bare = source.replace(/\/\*[\s\S]*?\*\//g, (text) => text.replace(/[^\n]/g, " "));
  return bare.split("\n").flatMap((text, index) => {
    const code = text.replace(/(^|\s)(\/\/|#).*$/, "");
    const host = REAL.exec(code)?.[0];
    return host ? [{ line: index + 1, host }] : [];
  });
}

export const hosts: Step = {
  id: "hosts",
  title: "No real service is called by default",
  async run() {
    const files = repositoryFiles().filter(
      (path) =>
        /\.(ts|tsx|js|mjs|sol|py|sh|json|toml|env)$/.test(path) &&
        !isTest(path) &&
        !/\/(generated|artifacts|published|data|fx-data)\//.test(path) &&
        !ALLOWED.some((pattern) => pattern.test(path)),
    );
    const problems = files.flatMap((path) =>
      realHosts(read(path)).map(({ line, host }) => `${path}:${line} names ${host}`),
    );
    return fromProblems(
      problems,
      "Take the URL from configuration; a preset belongs to packages/abi/src/networks and is used only when chosen.",
      `${files.length} files`,
    );
  },
};
