import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const node = join(root, "node_modules", ".bin", "node");
export const condition = "--conditions=@peaqos/source";

const canPin = process.platform === "linux" && spawnSync("taskset", ["-c", "0", "true"]).status === 0;

/** A command that stays on one core where the system can do that (Linux with taskset), else anywhere. */
export function pinned(core: number, command: string, args: readonly string[]): [string, string[]] {
  return canPin ? ["taskset", ["-c", String(core), command, ...args]] : [command, [...args]];
}

/** Keeps this process (the load) on one core. */
export function pinSelf(core: number): void {
  if (canPin) spawnSync("taskset", ["-cp", String(core), String(process.pid)]);
}

/** Runs to the end and gives wall milliseconds; throws with the output's tail when it fails. */
export async function timed(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<number> {
  const started = performance.now();
  const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (output += chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${code}:\n${output.slice(-2000)}`);
  return performance.now() - started;
}

/** Resolves with the first line of standard output that matches; rejects when the process ends before. */
export function lineOf(child: ChildProcess, pattern: RegExp): Promise<RegExpMatchArray> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk) => {
      text += chunk;
      const match = text.match(pattern);
      if (match) resolve(match);
    });
    child.stderr?.on("data", (chunk) => (text += chunk));
    child.on("exit", (code) =>
      reject(new Error(`ended with ${code} before ${pattern}:\n${text.slice(-2000)}`)),
    );
  });
}

/** Proportional set size in MB of a process and all its descendants: shared pages are counted once. */
export function treeMemoryMb(pid: number): number {
  const parents = new Map<number, number>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
    } catch {
      // The process ended while we looked.
    }
  }
  const members = new Set([pid]);
  for (let grew = true; grew; ) {
    grew = false;
    for (const [child, parent] of parents)
      if (members.has(parent) && !members.has(child)) {
        members.add(child);
        grew = true;
      }
  }
  let kilobytes = 0;
  for (const member of members) {
    try {
      kilobytes += Number(
        readFileSync(`/proc/${member}/smaps_rollup`, "utf8").match(/^Pss:\s+(\d+)/m)?.[1] ?? 0,
      );
    } catch {
      // Ended, or another user's: PostgreSQL's workers belong to the user postgres, readable by root only.
    }
  }
  return kilobytes / 1024;
}
