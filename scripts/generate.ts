// `npm run generate`: writes every generated file that is committed. Each generator also knows --check.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { script } from "./lib/command.ts";
import { root } from "./lib/root.ts";

const all = [
  { name: "contract artifacts", path: "contracts/scripts/artifacts.ts" },
  { name: "typed ABIs", path: "packages/abi/scripts/generate.ts" },
  { name: "command reference (docs/cli.md)", path: "packages/cli/scripts/docs.ts" },
  { name: "state machines (docs/states.md)", path: "docs/generators/states.ts" },
  { name: "errors of the market (docs/errors.md)", path: "docs/generators/errors.ts" },
  { name: "operations of the market (docs/market-operations.md)", path: "docs/generators/operations.ts" },
];

export const generators: { name: string; path: string }[] = all.filter(({ path }) =>
  existsSync(join(root, path)),
);

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { name, path } of generators) {
    console.log(`== ${name} (${path})`);
    const { code } = await script(path, process.argv.slice(2), { show: true });
    if (code !== 0) process.exit(code);
  }
}
