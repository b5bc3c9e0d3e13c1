import { isTest, read, repositoryFiles } from "./files.ts";
import type { Step } from "./step.ts";

const LIMIT = 300;

/** A file holds one thing; over 300 lines it mostly holds two. A hint, never a failure. */
export const size: Step = {
  id: "size",
  title: `Source files of at most ${LIMIT} lines`,
  async run() {
    const files = repositoryFiles().filter(
      (path) =>
        /\.(ts|tsx|js|mjs|sol|py)$/.test(path) &&
        !isTest(path) &&
        !/\/(generated|artifacts|dist)\//.test(path),
    );
    const long = files
      .map((path) => ({ path, lines: read(path).split("\n").length - 1 }))
      .filter(({ lines }) => lines > LIMIT)
      .sort((a, b) => b.lines - a.lines);
    return {
      ok: true,
      note: `${files.length} files${long.length > 0 ? `, ${long.length} longer` : ""}`,
      warnings: long.map(({ path, lines }) => `${path} has ${lines} lines: does it hold two things?`),
    };
  },
};
