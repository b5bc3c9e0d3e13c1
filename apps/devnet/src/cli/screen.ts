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
  const { code, path, message } = (error ?? {}) as { code?: string; path?: string; message?: string };
  if (code === "ENOSPC") {
    return `The disk is full${path ? ` (writing ${path})` : ""}. Nothing acknowledged is lost. Free some space, then start again, or use --data-dir on another disk.`;
  }
  if (code === "EACCES" && path)
    return `No permission for ${path}. Use --data-dir with a directory of yours.`;
  return message ?? String(error);
}
