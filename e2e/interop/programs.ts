import { spawn } from "node:child_process";

/** How a command-line program ended. */
export type Ended = { exit: number; stdout: string; stderr: string };

/** Runs one program to its end; an unset variable stays unset (nothing of the caller's environment leaks in). */
export function runProgram(
  program: string,
  args: string[],
  options: { cwd: string; env: Record<string, string>; input?: string },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { PATH: process.env.PATH ?? "", ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ exit: code ?? -1, stdout, stderr }));
    child.stdin.end(options.input ?? "");
  });
}
