import { read } from "./files.ts";
import { fromProblems, type Step } from "./step.ts";

const PAGE = "docs/self-hosting.md";

/** Settings and the page that explains them cannot drift apart. */
export const settings: Step = {
  id: "settings",
  title: "Every setting of the services is explained",
  async run() {
    const [rating = "", market = ""] = read(PAGE).split("\n## The market\n");
    const all = [...settingsOf("rating", rating), ...settingsOf("market", market)];
    const missing = all.filter(({ explained }) => !explained);
    return fromProblems(
      missing.map(({ name, service }) => `${PAGE} says nothing of ${name} of the ${service} service`),
      "Add a row to the service's table of settings there.",
      `${all.length} settings`,
    );
  },
};

/** The variables of a service's config.ts, and whether its part of the page names them. */
function settingsOf(service: string, text: string): { service: string; name: string; explained: boolean }[] {
  const source = read(`services/${service}/src/config.ts`);
  return [...source.matchAll(/^ {2}([A-Z][A-Z0-9_]+):/gm)].map(([, name = ""]) => ({
    service,
    name,
    explained: text.includes(`\`${name}\``),
  }));
}
