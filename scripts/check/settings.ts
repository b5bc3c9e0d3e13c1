import { read } from "./files.ts";
import { fromProblems, type Step } from "./step.ts";

/** Settings and the page that explains them cannot drift apart. */
export const settings: Step = {
  id: "settings",
  title: "Every setting of the rating service is explained",
  async run() {
    const page = read("docs/self-hosting.md");
    const names = [...read("services/rating/src/config.ts").matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(
      (found) => found[1] ?? "",
    );
    return fromProblems(
      names
        .filter((name) => !page.includes(`\`${name}\``))
        .map((name) => `docs/self-hosting.md says nothing of ${name}`),
      "Add a row to the table of settings there.",
      `${names.length} settings`,
    );
  },
};
