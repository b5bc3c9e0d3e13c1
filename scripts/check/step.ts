/** What a check found: nothing wrong (with a short note), or the problems and what to do about them. */
export type Result =
  | { ok: true; note?: string; warnings?: string[] }
  | { ok: false; problems: string; todo: string };

export type Step = { id: string; title: string; run: () => Promise<Result> };

/** A result from a list of problems, one a line. */
export function fromProblems(problems: string[], todo: string, note?: string): Result {
  if (problems.length === 0) return note === undefined ? { ok: true } : { ok: true, note };
  return { ok: false, problems: problems.join("\n"), todo };
}
