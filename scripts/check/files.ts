import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lib/root.ts";

/** Paths (from the root, with "/") of all files git knows or would add, so never what .gitignore names. */
export function repositoryFiles(): string[] {
  const listed = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed.split("\0").filter((path) => path !== "" && existsSync(join(root, path)));
}

export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Tests and what only tests use. */
export function isTest(path: string): boolean {
  return /(\.test\.ts|\.test-d\.ts|\.fixture\.ts)$|\/(test|tests|fixtures)\//.test(path);
}
