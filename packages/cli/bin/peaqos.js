#!/usr/bin/env node
// The command `peaqos`. Plain CommonJS for any Node from 18 on: the quickest start, and old versions get a sentence
// in place of a syntax error. In an installed package it runs the bundle in dist/; in a clone of the repository the
// bundle when it is newer than every source file, else the TypeScript source itself.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const here = path.dirname(fs.realpathSync(__filename));
const root = path.dirname(here);
const bundle = path.join(root, "dist", "peaqos.js");
const source = path.join(root, "src", "main.ts");
const argv = process.argv.slice(2);

if (argv.length === 1 && argv[0] === "--version") {
  const { cli, sdk } = versions();
  process.stdout.write(`peaq-os-cli ${cli} (peaq_os_sdk ${sdk})\n`);
} else if (needsNewerNode()) {
  rerunWithNewerNode();
} else {
  start().catch((error) => {
    process.stderr.write(`Error: peaqos could not start: ${error?.stack ?? error}\n`);
    process.exitCode = 1;
  });
}

async function start() {
  // `npm run peaqos` starts in the clone's root; files and .env are meant from where the user stands.
  if (process.env.npm_lifecycle_event === "peaqos" && process.env.INIT_CWD)
    process.chdir(process.env.INIT_CWD);
  // Nothing of ours or of a library sends telemetry; the compile cache lies in the user's own folder.
  const module = require("node:module");
  if (module.enableCompileCache) module.enableCompileCache(cacheFolder());
  let entry = bundle;
  if (!bundleIsFresh()) {
    entry = source;
    // Workspaces resolve to their TypeScript through this export condition (see CONTRIBUTING.md).
    if (!process.execArgv.some((flag) => flag.includes("@peaqos/source"))) {
      module.registerHooks({
        resolve: (specifier, context, next) =>
          next(specifier, { ...context, conditions: [...context.conditions, "@peaqos/source"] }),
      });
    }
  }
  const { main } = await import(require("node:url").pathToFileURL(entry).href);
  const code = await main(argv, versions);
  // Results are written before the process ends, also into a slow pipe.
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))),
  );
  process.exit(code);
}

/** Versions of this package and of the SDK it was built with. */
function versions() {
  const read = (file) => JSON.parse(fs.readFileSync(file, "utf8"));
  const cli = read(path.join(root, "package.json")).version;
  const sibling = path.join(root, "..", "sdk", "package.json");
  if (fs.existsSync(source) && fs.existsSync(sibling)) return { cli, sdk: read(sibling).version };
  try {
    return { cli, sdk: read(path.join(root, "dist", "versions.json")).sdk };
  } catch {
    return { cli, sdk: "unknown" };
  }
}

function cacheFolder() {
  const os = require("node:os");
  const base = process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
  return path.join(base, "peaqos", "compiled");
}

/**
 * True when the bundle is there and, in a clone, none of the files it was made from is younger. Only those are looked
 * at (1 ms): a new file reaches the bundle through a change in one of them.
 */
function bundleIsFresh() {
  const built = fs.statSync(bundle, { throwIfNoEntry: false });
  if (!built) return false;
  if (!fs.existsSync(source)) return true;
  try {
    const inputs = fs
      .readFileSync(path.join(root, "dist", "inputs.txt"), "utf8")
      .trim()
      .split("\n");
    return inputs.every((file) => fs.statSync(path.join(root, file)).mtimeMs <= built.mtimeMs);
  } catch {
    return false;
  }
}

function needsNewerNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 22) return true;
  // Running from source needs type stripping and registerHooks.
  return !bundleIsFresh() && (major === 22 ? minor < 18 : major === 23 && minor < 6);
}

/** In a clone the pinned Node lies in node_modules/.bin; `npx peaqos` and a linked `peaqos` find it there. */
function rerunWithNewerNode() {
  const name = process.platform === "win32" ? "node.cmd" : "node";
  for (let folder = root; ; folder = path.dirname(folder)) {
    const node = path.join(folder, "node_modules", ".bin", name);
    if (fs.existsSync(node) && !process.env.PEAQOS_RERUN) {
      const { spawnSync } = require("node:child_process");
      const result = spawnSync(node, [__filename, ...argv], {
        stdio: "inherit",
        shell: process.platform === "win32",
        env: { ...process.env, PEAQOS_RERUN: "1" },
      });
      process.exitCode = result.status === null ? 1 : result.status;
      return;
    }
    if (path.dirname(folder) === folder) break;
  }
  process.stderr.write(
    `Error: peaqos needs Node 22.18 or newer\n  Value: this is Node ${process.versions.node} (${process.execPath})\n  Next:  install a newer Node, or in a clone of peaqOS run \`npm run peaqos -- ...\`, which brings its own\n`,
  );
  process.exitCode = 1;
}
