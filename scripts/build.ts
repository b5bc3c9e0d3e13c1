// `npm run build`: dist/ of the published packages, each as it goes to the registry.
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ended, script, tool } from "./lib/command.ts";
import { root } from "./lib/root.ts";

/** Folders of the published packages, each after those it needs. */
export const PUBLISHED: string[] = ["packages/protocol", "packages/abi", "packages/sdk", "packages/cli"];

/** The CLI ships as a bundle: loading one file is what makes it start fast. Its own script writes it. */
const CLI_BUNDLE = "packages/cli/scripts/bundle.ts";

/** Builds all published packages; ends at the first step that fails. */
export async function build(options: { clean?: boolean; show?: boolean } = {}): Promise<Ended> {
  if (options.clean) {
    await Promise.all(
      PUBLISHED.map((path) => rm(join(root, path, "dist"), { recursive: true, force: true })),
    );
  }
  const projects = PUBLISHED.map((path) => `${path}/tsconfig.build.json`);
  let ended = await tool("tsc", ["-b", "--pretty", "false", ...projects], options);
  if (ended.code === 0 && existsSync(join(root, CLI_BUNDLE))) ended = await script(CLI_BUNDLE, [], options);
  for (const path of PUBLISHED) {
    if (ended.code !== 0) break;
    ended = await tool("publint", ["run", path, "--strict"], options);
  }
  return ended;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { code, ms } = await build({ clean: process.argv.includes("--clean"), show: true });
  if (code !== 0) process.exit(code);
  console.log(`${PUBLISHED.length} packages built in ${(ms / 1000).toFixed(1)} s: ${PUBLISHED.join(", ")}`);
}
