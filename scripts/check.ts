// `npm run check`: everything that can be said about the code without running it.
//   npm run check                     all steps
//   npm run check -- --only types,lint
//   npm run check -- --list
import { boundaries } from "./check/boundaries.ts";
import { generated } from "./check/generated.ts";
import { hosts } from "./check/hosts.ts";
import { licences } from "./check/licences.ts";
import { packages } from "./check/packages.ts";
import { settings } from "./check/settings.ts";
import { size } from "./check/size.ts";
import type { Step } from "./check/step.ts";
import { deadCode, lint, lockfile, types } from "./check/tools.ts";
import { seconds } from "./lib/command.ts";

const steps: Step[] = [
  lockfile,
  lint,
  types,
  boundaries,
  size,
  hosts,
  licences,
  settings,
  generated,
  deadCode,
  packages,
];

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  if (argv.includes("--list")) {
    for (const step of steps) console.log(`${step.id.padEnd(12)} ${step.title}`);
    return 0;
  }
  const only = argv[0] === "--only" ? (argv[1] ?? "").split(",") : undefined;
  const unknown = only?.find((id) => !steps.some((step) => step.id === id));
  if (unknown !== undefined || (argv.length > 0 && !only)) {
    console.error(`npm run check: no step "${unknown ?? argv[0]}"; npm run check -- --list names them`);
    return 2;
  }
  let [passed, failed] = [0, 0];
  for (const step of steps) {
    if (only && !only.includes(step.id)) continue;
    const started = performance.now();
    const result = await step.run().catch((error: unknown) => ({
      ok: false as const,
      problems: String(error instanceof Error ? error.stack : error),
      todo: `The step itself broke: scripts/check, step ${step.id}.`,
    }));
    const time = seconds(performance.now() - started);
    if (result.ok) {
      passed += 1;
      console.log(`ok    ${step.title} (${[result.note, time].filter(Boolean).join(", ")})`);
      for (const warning of result.warnings ?? []) console.log(`      hint: ${warning}`);
    } else {
      failed += 1;
      console.log(`FAIL  ${step.title} (${time})\n${indent(result.problems)}\n      ${result.todo}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `      ${line}`)
    .join("\n");
}
