import type { ChildProcess, StdioOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";

export type ChildOptions = {
  /** Short name for messages, such as "PostgreSQL". */
  name: string;
  command: string;
  args: readonly string[];
  /** stdout and stderr of the child; a file of its own, so that a dead parent never blocks it. */
  logFile: string;
  /** What a normal end looks like for this program. */
  stopSignal?: NodeJS.Signals;
  /** Sent by the kernel (Linux) when this process dies without a goodbye. */
  deathSignal?: NodeJS.Signals;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** More arguments for setpriv, such as capabilities. Linux only. */
  setpriv?: readonly string[];
};

export type Child = {
  name: string;
  pid: number;
  logFile: string;
  /** Resolves when the process has ended, never rejects. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  running(): boolean;
  /** Asks the child to end, insists after `graceMs`; resolves when it is gone. Safe to call twice. */
  stop(graceMs?: number): Promise<void>;
  /** What the child wrote since it was started, last lines only. */
  tail(lines?: number): string;
};

const live = new Set<ChildProcess>();
let hooked = false;

/**
 * Starts a program that must not outlive this process: it is killed when this process exits, and on Linux also
 * when this process is killed with -9 (setpriv sets the parent death signal before it becomes the program).
 */
export function spawnChild(options: ChildOptions): Child {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, "a", 0o600);
  const from = fstatSync(log).size;
  const [command, args] = wrap(options);
  const stdio: StdioOptions = ["ignore", log, log];
  let child: ChildProcess;
  try {
    child = spawn(command, args, {
      stdio,
      // A group of its own: Ctrl-C in a terminal goes to the whole group, and this process decides the order of ending.
      detached: process.platform !== "win32",
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
  } finally {
    closeSync(log);
  }
  if (!hooked) {
    hooked = true;
    process.on("exit", () => {
      for (const each of live) each.kill("SIGKILL");
    });
  }
  live.add(child);
  let ended = false;
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    const end = (code: number | null, signal: NodeJS.Signals | null) => {
      ended = true;
      live.delete(child);
      resolve({ code, signal });
    };
    child.once("exit", end);
    child.once("error", () => end(null, null));
  });
  const stopSignal = options.stopSignal ?? "SIGTERM";
  return {
    name: options.name,
    pid: child.pid ?? -1,
    logFile: options.logFile,
    exited,
    running: () => !ended,
    async stop(graceMs = 5_000) {
      if (ended) return;
      child.kill(stopSignal);
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await exited;
      clearTimeout(timer);
    },
    tail: (lines = 12) => logTail(options.logFile, lines, from),
  };
}

/** The last lines of a log file, from byte `from` on. */
export function logTail(file: string, lines = 12, from = 0): string {
  try {
    const start = Math.max(from, statSync(file).size - 64 * 1024);
    const text = readFileSync(file).subarray(start).toString("utf8").trimEnd();
    return text.split("\n").slice(-lines).join("\n");
  } catch {
    return "";
  }
}

function wrap(options: ChildOptions): [string, string[]] {
  const args = [...options.args];
  const setpriv = process.platform === "linux" ? SETPRIV.find((path) => existsSync(path)) : undefined;
  if (!setpriv) return [options.command, args];
  const signal = (options.deathSignal ?? "SIGKILL").replace(/^SIG/, "");
  return [setpriv, ["--pdeathsig", signal, ...(options.setpriv ?? []), "--", options.command, ...args]];
}

const SETPRIV = ["/usr/bin/setpriv", "/bin/setpriv", "/sbin/setpriv"];
