import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Chaos, print } from "./lib/chaos.ts";

/** Runs one of the files beside this one by its name. */

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(".ts") && file !== "main.ts" && !file.endsWith(".test.ts"))
  .map((file) => file.slice(0, -3))
  .toSorted();

const HELP = `npm run chaos -- <name> [options]

Does something very often under bad conditions, checks what must be true, prints both and exits 1 at any violation.

  names            ${names.join(", ")}
  --scale X        part of the full size (default 1)

Example: npm run chaos -- cap-race --scale 0.1`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    scale: { type: "string", default: "1" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [name] = positionals;
if (values.help) {
  console.log(HELP);
  process.exit(0);
}
if (name === undefined || positionals.length > 1 || !names.includes(name)) {
  console.error(
    name === undefined
      ? HELP
      : `There is no chaos command ${positionals.join(" ")}. There are: ${names.join(", ")}.`,
  );
  process.exit(2);
}
const scale = Number(values.scale);
if (!(scale > 0 && scale <= 10)) {
  console.error(`--scale must be a number above 0 and at most 10, not ${values.scale}`);
  process.exit(2);
}

const { chaos } = (await import(join(import.meta.dirname, `${name}.ts`))) as { chaos: Chaos };
console.error(chaos.title);
const started = performance.now();
const report = await chaos.run({ scale, log: (line) => console.error(`  ${line}`) });
console.log(print(chaos.title, report, (performance.now() - started) / 1_000));
process.exit(report.checks.some((each) => each.violations.length > 0) ? 1 : 0);
