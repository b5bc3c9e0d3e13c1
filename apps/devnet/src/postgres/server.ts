import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Child } from "../process/child.ts";
import { spawnChild } from "../process/child.ts";
import type { Holder } from "../process/lock.ts";
import { alive } from "../process/lock.ts";
import { freePort } from "../process/ports.ts";
import type { ServerAccount } from "./account.ts";
import { asAccount } from "./cluster.ts";

/** Small on purpose: the whole devnet shares 500 MB. */
const SETTINGS: Record<string, string> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "80",
  shared_buffers: "48MB",
  io_method: "sync",
  max_wal_size: "512MB",
  max_logical_replication_workers: "0",
  autovacuum_max_workers: "2",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
};

export type LaunchOptions = {
  binaries: { postgres: string };
  data: string;
  account: ServerAccount | undefined;
  logFile: string;
  port: number;
  /** The user chose the port: do not look for another one. */
  fixedPort: boolean;
  settings: Record<string, string>;
};

/** Starts the server and waits until it takes connections. */
export async function launch(options: LaunchOptions): Promise<{ child: Child; port: number }> {
  let { port } = options;
  for (let attempt = 1; ; attempt++) {
    const settings = Object.entries({ ...SETTINGS, ...options.settings });
    const child = spawnChild({
      name: "PostgreSQL",
      command: options.binaries.postgres,
      args: [
        ...["-D", options.data, "-p", String(port)],
        ...settings.flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      ],
      logFile: options.logFile,
      stopSignal: "SIGINT",
      deathSignal: "SIGINT",
      cwd: options.account ? "/" : options.data,
      env: { ...process.env, LC_ALL: "C" },
      ...asAccount(options.account),
    });
    if (await ready(child, options.data)) return { child, port };
    const tail = child.tail();
    const taken = /Address already in use|could not bind/.test(tail);
    if (!taken || options.fixedPort || attempt === 3) throw new Error(explain(options, port, taken, tail));
    port = await freePort();
  }
}

/** The server writes "ready" into the last line of postmaster.pid. */
async function ready(child: Child, data: string): Promise<boolean> {
  const deadline = performance.now() + 60_000;
  while (child.running() && performance.now() < deadline) {
    const lines = pidFile(data);
    if (Number(lines[0]) === child.pid && lines[7]?.trim() === "ready") return true;
    await pause(4);
  }
  await child.stop(1_000);
  return false;
}

/**
 * A server left behind by a process that was killed ends by itself (Linux) or is ended here, if the previous holder of
 * the directory noted it as its own. A server that somebody else started on the directory is refused by name.
 */
export async function orphan(data: string, left: Holder | undefined): Promise<void> {
  const pid = Number(pidFile(data)[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !alive(pid) || !isPostgres(pid)) return;
  if (left?.children.includes(pid)) process.kill(pid, "SIGINT");
  const deadline = performance.now() + 10_000;
  while (alive(pid)) {
    const waited = performance.now() > deadline - (left?.children.includes(pid) ? 0 : 8_000);
    if (waited) {
      throw new Error(
        `PostgreSQL data directory ${data} is in use by a server this program did not start: process ${pid}. Stop it (kill -INT ${pid}) or use another --data-dir.`,
      );
    }
    await pause(10);
  }
}

/** A process id is used again after a reboot: without /proc, take the pid file's word. */
function isPostgres(pid: number): boolean {
  try {
    // A killed server that nobody has reaped yet has no command line any more, and a new one would still see it.
    const dead = /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    return dead || readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("postgres");
  } catch {
    return process.platform !== "linux";
  }
}

function pidFile(data: string): string[] {
  try {
    return readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
  } catch {
    return [];
  }
}

function explain(options: LaunchOptions, port: number, taken: boolean, tail: string): string {
  let start = `PostgreSQL did not start on ${options.data}.`;
  if (taken)
    start = `Port ${port} is taken, PostgreSQL cannot listen there. Use --port-postgres with another one.`;
  if (/No space left on device|Check free disk space/.test(tail)) {
    start = `The disk that holds ${options.data} is full. Free some space or use --data-dir on another disk.`;
  }
  return `${start} Last lines of ${options.logFile}:\n${tail}`;
}
