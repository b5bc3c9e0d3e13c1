#!/usr/bin/env node
// Bootstrap in plain JavaScript: it runs on whatever Node (20 or newer) the machine has, installs what is
// missing, says what it does, and hands over to the pinned Node 24 of node_modules/.bin with the export
// condition that makes workspaces resolve to their source.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === "win32";

/** npm script -> the TypeScript file that does the work. */
const TASKS = {
  start: "apps/devnet/src/cli/start.ts",
  stop: "apps/devnet/src/cli/stop.ts",
  status: "apps/devnet/src/cli/status.ts",
  demo: "examples/demo/main.ts",
  test: "scripts/test.ts",
  check: "scripts/check.ts",
  bench: "bench/main.ts",
  build: "scripts/build.ts",
  generate: "scripts/generate.ts",
  peaqos: "packages/cli/bin/peaqos.js",
};

const [task, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(TASKS, task ?? "")) {
  console.error(`usage: npm run <${Object.keys(TASKS).join("|")}> [-- options]`);
  process.exit(1);
}

install();
handOver(join(root, TASKS[task]), rest);

/** Installs the locked packages when there are none yet or when the lockfile is newer than they are. */
function install() {
  const marker = join(root, "node_modules", ".package-lock.json");
  const lockfile = join(root, "package-lock.json");
  const node = pinnedNode();
  if (existsSync(marker) && node && statSync(marker).mtimeMs >= statSync(lockfile).mtimeMs) return;
  if (existsSync(marker) && node && sameLock(marker, lockfile)) return;
  console.error("peaqOS: installing the locked packages (npm ci), about a minute the first time ...");
  const started = Date.now();
  const result = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: windows,
  });
  if (result.status !== 0) {
    console.error(
      "peaqOS: npm ci failed (its message is above). With a reachable npm registry, run the command again.",
    );
    process.exit(result.status ?? 1);
  }
  console.error(`peaqOS: packages installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

/** npm keeps the installed tree in node_modules/.package-lock.json; a git checkout may only touch the time. */
function sameLock(marker, lockfile) {
  try {
    const installed = JSON.parse(readFileSync(marker, "utf8")).packages;
    const locked = JSON.parse(readFileSync(lockfile, "utf8")).packages;
    return Object.entries(locked).every(
      ([path, entry]) =>
        path === "" ||
        entry.link ||
        entry.optional ||
        !path.startsWith("node_modules/") ||
        installed[path]?.version === entry.version,
    );
  } catch {
    return false;
  }
}

function pinnedNode() {
  const path = join(root, "node_modules", ".bin", windows ? "node.cmd" : "node");
  return existsSync(path) ? path : undefined;
}

function handOver(script, args) {
  const node = pinnedNode() ?? process.execPath;
  const child = spawn(
    node,
    ["--conditions=@peaqos/source", "--disable-warning=ExperimentalWarning", script, ...args],
    {
      stdio: "inherit",
      shell: windows,
      env: {
        ...process.env,
        PATH: `${join(root, "node_modules", ".bin")}${windows ? ";" : ":"}${process.env.PATH}`,
      },
    },
  );
  // The child handles signals itself (a terminal sends them to the whole group); this process only waits for it.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
