import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root } from "./lib/processes.ts";
import { type Bench, type Row, reached, table } from "./lib/result.ts";

const HELP = `npm run bench -- [options]

Measures the performance goals side by side with their anchors and prints one table.

  --only P5,P8     only these goals
  --rounds N       how often each pair is measured (default 5)
  --quick          a tenth of the work; the figures mean nothing
  --json FILE      also write the run as JSON (default bench/results/<time>.json)
  --docs           put the table into docs/performance.md

P5 installs its anchor (Ponder) into bench/ponder/node_modules the first time.
Example: npm run bench -- --only P8 --rounds 9`;

/** Loaded one by one, so that a bench's imports cannot weigh on another's figures. */
const BENCHES: Record<string, () => Promise<{ bench: Bench }>> = {
  P1: () => import("./p1-orders.ts"),
  P2: () => import("./p2-orders-bulk.ts"),
  P4: () => import("./p4-signatures.ts"),
  P3: () => import("./p3-purchase.ts"),
  P5: () => import("./p5-follower.ts"),
  P6: () => import("./p6-rating.ts"),
  P7: () => import("./p7-search.ts"),
  P8: () => import("./p8-cli.ts"),
  P9: () => import("./p9-start.ts"),
  P10: () => import("./p10-submit.ts"),
};

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    docs: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) {
  console.log(HELP);
  process.exit(0);
}
const ids = values.only?.split(",").map((id) => id.trim().toUpperCase()) ?? Object.keys(BENCHES);
for (const id of ids)
  if (!BENCHES[id]) {
    console.error(`No bench ${id}. There are: ${Object.keys(BENCHES).join(", ")}.`);
    process.exit(1);
  }
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`--rounds must be a whole number from 1 up, not ${values.rounds}`);
  process.exit(1);
}

const rows: Row[] = [];
for (const id of ids) {
  const { bench } = await BENCHES[id]!();
  console.error(`\n${bench.id} ${bench.title}`);
  const log = (line: string) => console.error(`  ${line}`);
  rows.push(...(await bench.run({ rounds, quick: values.quick, log })));
}

const machine = {
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()} ${arch()}`,
  node: process.version,
};
console.log(table(rows));
console.log(
  `\n${machine.cores} cores of ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}`,
);

const at = new Date();
const file = values.json ?? join(root, "bench", "results", `${at.toISOString().replaceAll(":", "-")}.json`);
mkdirSync(join(root, "bench", "results"), { recursive: true });
const run = { at: at.toISOString(), quick: values.quick, rounds, machine, rows };
writeFileSync(file, `${JSON.stringify({ ...run, reached: rows.filter(reached).length }, null, 2)}\n`);
console.error(`written to ${file}`);

if (values.docs) {
  const page = join(root, "docs", "performance.md");
  const text = readFileSync(page, "utf8");
  const [begin, end] = ["<!-- bench:begin -->", "<!-- bench:end -->"];
  const header = `Measured ${at.toISOString().slice(0, 10)} on ${machine.cores} cores of ${machine.cpu}, ${machine.memoryGb} GB, ${machine.system}, Node ${machine.node}; median of ${rounds} rounds.`;
  writeFileSync(
    page,
    `${text.slice(0, text.indexOf(begin) + begin.length)}\n${header}\n\n${table(rows)}\n${text.slice(text.indexOf(end))}`,
  );
  console.error("docs/performance.md updated");
}
process.exit(0);
