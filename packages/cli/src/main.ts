import { commands, groups } from "./commands/table.ts";
import { run } from "./engine/run.ts";
import type { ExitCode, Io, OutputStream } from "./engine/types.ts";

/** Runs the command line of this process. */
export async function main(
  argv: readonly string[],
  version: () => { cli: string; sdk: string },
): Promise<ExitCode> {
  // A reader that closes early (`| head`) is no failure of ours.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      process.exit(error.code === "EPIPE" ? 0 : 1);
    });
  }
  const io: Io = {
    env: process.env,
    cwd: process.cwd(),
    stdout: stream(process.stdout),
    stderr: stream(process.stderr),
    stdin: process.stdin,
    now: Date.now,
    onInterrupt: (end) => {
      // `once`: a second Ctrl-C ends the process at once, as everywhere.
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, end);
      return () => {
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, end);
      };
    },
  };
  return run(argv, { commands, groups, version }, io);
}

function stream(target: NodeJS.WriteStream): OutputStream {
  return {
    write: (text) => {
      target.write(text);
    },
    isTTY: Boolean(target.isTTY),
    get columns() {
      return target.columns ?? (Number(process.env.COLUMNS) || 80);
    },
  };
}
