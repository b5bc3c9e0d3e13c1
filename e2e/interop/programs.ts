import { spawn } from "node:child_process";

/** How a command-line program ended. */
export type Ended = { exit: number; stdout: string; stderr: string };

const PATIENCE_MS = 90_000;

/** Runs one program to its end; an unset variable stays unset (nothing of the caller's environment leaks in). */
export function runProgram(
  program: string,
  args: string[],
  options: {
    cwd: string;
    env: Record<string, string>;
    input?: string;
    /** A person at the keyboard: sees everything printed so far after each piece of it, and may type something. */
    person?: (seen: { stdout: string; stderr: string }) => Promise<string | undefined>;
  },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { PATH: process.env.PATH ?? "", ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    // A question that the person does not answer would wait for ever.
    const patience = options.person && setTimeout(() => child.kill(), PATIENCE_MS);
    let typing: Promise<unknown> = Promise.resolve();
    const seen = () => {
      const { person } = options;
      if (person === undefined) return;
      typing = typing
        .then(() => person({ stdout, stderr }))
        .then((text) => text !== undefined && child.stdin.write(text))
        .catch((error) => {
          child.kill();
          reject(error);
        });
    };
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      seen();
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
      seen();
    });
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(patience);
      resolve({ exit: code ?? -1, stdout, stderr });
    });
    if (options.person === undefined) child.stdin.end(options.input ?? "");
  });
}
