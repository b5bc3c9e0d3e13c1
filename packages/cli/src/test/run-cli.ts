import { Readable } from "node:stream";
import { commands, groups } from "../commands/table.ts";
import { run } from "../engine/run.ts";
import type { Io } from "../engine/types.ts";

export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly env?: Record<string, string | undefined>;
  readonly cwd?: string;
  readonly tty?: boolean;
  readonly columns?: number;
  readonly now?: () => number;
  /** Called with the function that stands for Ctrl-C. */
  readonly onInterrupt?: (end: () => void) => void;
  readonly stdin?: string;
};

/** Runs a command line in this process and keeps what it wrote. Nothing of the test machine's environment leaks in. */
export async function runCli(argv: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  let stdout = "";
  let stderr = "";
  const { tty = false, columns = 80 } = options;
  const io: Io = {
    env: options.env ?? {},
    cwd: options.cwd ?? "/nonexistent",
    stdout: {
      write: (text) => {
        stdout += text;
      },
      isTTY: tty,
      columns,
    },
    stderr: {
      write: (text) => {
        stderr += text;
      },
      isTTY: tty,
      columns,
    },
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    now: options.now ?? (() => 1_780_000_000_000),
    onInterrupt: (end) => {
      options.onInterrupt?.(end);
      return () => {};
    },
  };
  const code = await run(argv, { commands, groups, version: () => ({ cli: "9.9.9", sdk: "8.8.8" }) }, io);
  return { code, stdout, stderr };
}
