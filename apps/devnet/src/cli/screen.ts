/** Progress goes to stderr: stdout is for the summary. */
export function progress(text: string): void {
  process.stderr.write(`peaqOS: ${text} ...\n`);
}

/** Tells what went wrong in plain words and answers the exit code. */
export function complain(error: unknown): number {
  const usage = error instanceof Error && error.name === "UsageError";
  process.stderr.write(`peaqOS: ${plain(error)}\n`);
  if (process.env.PEAQOS_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  return usage ? 3 : 1;
}

function plain(error: unknown): string {
  const { message } = (error ?? {}) as { message?: string };
  const { code, path } = origin(error);
  if (code === "ENOSPC" || /No space left on device|Check free disk space/.test(message ?? "")) {
    const where = path ? ` (writing ${path})` : "";
    return `The disk is full${where}. Nothing that was acknowledged is lost. Free some space and start again, or use --data-dir on another disk.\n${message ?? ""}`;
  }
  if ((code === "EACCES" || code === "EPERM") && path) {
    return `No permission for ${path}. Use --data-dir with a directory of yours.`;
  }
  if (code === "EADDRINUSE") return `${message}. Use --port-base N or the part's own --port-* option.`;
  return message ?? String(error);
}

/** The system's own error behind one of ours. */
function origin(error: unknown): { code?: string; path?: string } {
  const found = (error ?? {}) as { code?: string; path?: string; cause?: unknown };
  return found.code === undefined && found.cause !== undefined ? origin(found.cause) : found;
}
