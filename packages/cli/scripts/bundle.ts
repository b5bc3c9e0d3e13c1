/**
 * Bundles the CLI with the SDK into dist/: one small entry, one chunk for each command, shared parts split off, so
 * that a command loads only what it uses. Run by `npm run build`.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export async function bundle(outdir: string = join(root, "dist")): Promise<void> {
  // dist/ also holds what tsc writes: only our own chunks of an earlier run are removed.
  rmSync(join(outdir, "chunks"), { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    metafile: true,
    entryPoints: { peaqos: join(root, "src", "main.ts") },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node22",
    minify: true,
    // Names of classes are part of our error table.
    keepNames: true,
    legalComments: "linked",
    conditions: ["@peaqos/source"],
    chunkNames: "chunks/[name]-[hash]",
    // A CommonJS library inside an ES module bundle still asks for `require`.
    banner: {
      js: 'import { createRequire as __peaqosRequire } from "node:module"; const require = __peaqosRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
  // Our own sources among the inputs: bin/peaqos.js compares their times with the bundle's.
  const inputs = Object.keys(metafile.inputs).filter((file) => !file.includes("node_modules/"));
  writeFileSync(join(outdir, "inputs.txt"), `${inputs.sort().join("\n")}\n`);
  const sdk = JSON.parse(readFileSync(join(root, "..", "sdk", "package.json"), "utf8")) as {
    version: string;
  };
  writeFileSync(join(outdir, "versions.json"), `${JSON.stringify({ sdk: sdk.version })}\n`);
}

if (import.meta.main) await bundle();
