import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";

/**
 * Whether the machine has something else to do: then how long a thing takes says nothing of the thing, and
 * `npm run bench` is where it is measured.
 */
export const isBusy = (): boolean => (loadavg()[0] ?? 0) > availableParallelism() / 2;

const root = join(import.meta.dirname, "..", "..");

/** A program of ours in a process of its own, with everything it said. */
export type Program = {
  child: ChildProcess;
  stdout: () => string;
  stderr: () => string;
  /** Resolves with the exit code, -1 when it was killed. */
  ended: Promise<number>;
};

/** Runs a TypeScript file of the project with the pinned Node, as `npm run ...` does. */
export function runScript(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Program {
  const node = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");
  const child = spawn(
    existsSync(node) ? node : process.execPath,
    ["--conditions=@peaqos/source", "--disable-warning=ExperimentalWarning", join(root, file), ...args],
    { stdio: ["ignore", "pipe", "pipe"], cwd: root, env: { ...process.env, ...env, NO_COLOR: "1" } },
  );
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const ended = once(child, "exit").then(([code]) => (typeof code === "number" ? code : -1));
  return { child, stdout: () => stdout, stderr: () => stderr, ended };
}

/** kill -9 of processes and all their descendants at one moment: stopped first, so that none can react. */
export function killTrees(pids: readonly number[]): void {
  const children = new Map<number, number[]>();
  for (const line of spawnSync("ps", ["-e", "-o", "pid=,ppid="], { encoding: "utf8" })
    .stdout.trim()
    .split("\n")) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number) as [number, number];
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const doomed: number[] = [];
  const walk = (pid: number) => {
    doomed.push(pid);
    for (const child of children.get(pid) ?? []) walk(child);
  };
  for (const pid of pids) walk(pid);
  for (const signal of ["SIGSTOP", "SIGKILL"] as const)
    for (const pid of doomed) {
      try {
        process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
}

/** Waits until something holds; looks often, gives up after a while and says what it waited for. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  seconds = 60,
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
