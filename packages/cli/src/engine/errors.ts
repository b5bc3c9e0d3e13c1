import type { ExitCode } from "./types.ts";

/** The four families of the published exit-code table, success aside. */
export type ErrorKind = "usage" | "network" | "config";

export const EXIT_CODES: Record<ErrorKind, ExitCode> = { usage: 1, network: 2, config: 3 };

export type ErrorParts = {
  /** What happened, one sentence without a final full stop. */
  readonly message: string;
  /** Stable word for programs, upper snake case or the name of a contract error. */
  readonly code: string;
  readonly kind: ErrorKind;
  /** The value that is wrong; never a secret. */
  readonly value?: string | undefined;
  readonly rule?: string | undefined;
  /** What to type or do next. */
  readonly next?: string | undefined;
  /** More facts for programs (transaction hash, row number ...). */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  readonly cause?: unknown;
};

/** Every failure the CLI itself finds. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly parts: ErrorParts;

  constructor(parts: ErrorParts) {
    super(parts.message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.parts = parts;
  }
}

export function usageError(parts: Omit<ErrorParts, "kind" | "code"> & { code?: string }): CliError {
  return new CliError({ code: "USAGE", ...parts, kind: "usage" });
}

export function configError(parts: Omit<ErrorParts, "kind" | "code"> & { code?: string }): CliError {
  return new CliError({ code: "CONFIG", ...parts, kind: "config" });
}

export function networkError(parts: Omit<ErrorParts, "kind" | "code"> & { code?: string }): CliError {
  return new CliError({ code: "NETWORK", ...parts, kind: "network" });
}

/** A question answered with no, or Ctrl-C at a prompt. */
export function declined(what = "Nothing was done"): CliError {
  return usageError({ code: "DECLINED", message: `Stopped at your answer. ${what}` });
}
