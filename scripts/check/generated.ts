import { generators } from "../generate.ts";
import { script } from "../lib/command.ts";
import { fromProblems, type Step } from "./step.ts";

/** Every generator can say whether what is committed is what it would write. */
export const generated: Step = {
  id: "generated",
  title: "Generated files are up to date",
  async run() {
    const problems: string[] = [];
    for (const { name, path } of generators) {
      const { code, output } = await script(path, ["--check"]);
      if (code !== 0) problems.push(`${name} (${path}):\n${output.trimEnd()}`);
    }
    return fromProblems(
      problems,
      "Run: npm run generate, and commit the result.",
      `${generators.length} generators`,
    );
  },
};
