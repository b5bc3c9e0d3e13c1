import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.ts";

/** How a child process ended. `code` follows the shell: 128 + number for an end by signal, 127 when not found. */
export type Ended = { code: number; output: string; stdout: string; ms: number };

export type CommandOptions = {
  cwd?: string;
  env?: Record<string, string | undefined>;
  /** Show the output as it comes; it is collected either way. */
  show?: boolean;
};

/** Runs a command to its end; never throws. Signals that stop this process stop the child first. */
export function command(file: string, args: string[], options: CommandOptions = {}): Promise<Ended> {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let stdout = "";
    const stop = (): void => void child.kill("SIGTERM");
    process.once("exit", stop);
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk;
      output += chunk;
      if (options.show) process.stdout.write(chunk);
    });
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk;
      if (options.show) process.stderr.write(chunk);
    });
    const end = (code: number): void => {
      process.off("exit", stop);
      resolve({ code, output, stdout, ms: performance.now() - started });
    };
    child.on("error", (error) => {
      output += `${file}: ${error.message}\n`;
      end(127);
    });
    child.on("close", (code, signal) => end(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}

/** A tool of node_modules/.bin, run by the Node that runs this script. */
export function tool(name: string, args: string[], options: CommandOptions = {}): Promise<Ended> {
  return command(
    `${root}/node_modules/.bin/${name}${process.platform === "win32" ? ".cmd" : ""}`,
    args,
    options,
  );
}

const pinned = join(root, "node_modules", ".bin", "node");

/** The Node that runs our code: the pinned one, also when a test was started by the machine's own. */
export const node: string = existsSync(pinned) ? pinned : process.execPath;

/** Node's flags for running our TypeScript from source. */
export const sourceFlags: readonly string[] = [
  "--conditions=@peaqos/source",
  "--disable-warning=ExperimentalWarning",
];

/** A TypeScript file of ours, run from source. */
export function script(path: string, args: string[], options: CommandOptions = {}): Promise<Ended> {
  return command(node, [...sourceFlags, path, ...args], options);
}

/** Seconds with one decimal, for a step's line. */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
