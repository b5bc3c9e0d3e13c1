import { resolve } from "node:path";
import { parseArgs } from "node:util";

export type DemoOptions = {
  dataDir: string;
  portBase: string | undefined;
  json: boolean;
};

export const HELP = `The whole story on real data: 105 charging stations get an identity, report 3,395 sessions of a
year and are rated; then an agent buys for one of them on the market, within 5 USD a day.

Usage: npm run demo [-- options]

  --data-dir DIR   the devnet's data directory (default .peaqos, from the folder you are in)
  --port-base N    ports of the devnet if the demo has to start one (see npm start -- --help)
  --json           one JSON object on stdout at the end, everything else on stderr
  --help           this text

It uses the running devnet (npm start); without one it starts its own and stops it at the end.
A second run finds what the first one did: nothing is registered, reported or bought twice on
one day.

Examples:
  npm run demo
  npm run --silent demo -- --json > demo.json`;

/** A mistake on the command line. */
export class UsageError extends Error {
  override name = "UsageError";
}

export function parseOptions(args: string[], cwd: string): DemoOptions | "help" {
  const options = {
    "data-dir": { type: "string" },
    "port-base": { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  let values: { "data-dir"?: string; "port-base"?: string; json?: boolean; help?: boolean };
  try {
    values = parseArgs({ args, options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message} See npm run demo -- --help.`);
  }
  if (values.help) return "help";
  return {
    dataDir: resolve(cwd, values["data-dir"] ?? ".peaqos"),
    portBase: values["port-base"],
    json: values.json ?? false,
  };
}
