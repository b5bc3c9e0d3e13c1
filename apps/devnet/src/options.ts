import { resolve } from "node:path";
import { parseArgs } from "node:util";

export type Ports = {
  rpc: number;
  rating: number;
  market: number;
  /** The first of the example sellers' ports; 0: free ones. */
  sellers: number;
  postgres: number;
};

export type DevnetOptions = {
  dataDir: string;
  ports: Ports;
  chainId: number;
  seed: boolean;
  /** Start the example sellers and list them on the market. */
  sellers: boolean;
  reset: boolean;
  detach: boolean;
  /** Print how long each phase took. */
  timings: boolean;
};

/** A mistake on the command line; the message says what to type instead. */
export class UsageError extends Error {
  override name = "UsageError";
}

export const DEFAULT_DATA_DIR = ".peaqos";
const DEFAULT_PORTS: Ports = { rpc: 8545, rating: 8000, market: 8080, sellers: 8555, postgres: 0 };
/** Distance of each part from --port-base; 1 (satellite), 3 (gas station) and 5 (console) are kept free. */
const FROM_BASE = { rpc: 0, rating: 2, market: 4, postgres: 9, sellers: 10 };
/** So many ports belong to the sellers. */
const SELLERS = 5;

export const START_HELP = `Starts the whole system on this machine: chain, contracts, PostgreSQL, rating service,
market, example sellers, seeded machines, an agent.

Usage: npm start [-- options]

  --data-dir DIR       where everything is kept (default ${DEFAULT_DATA_DIR}, from the folder you are in)
  --reset              wipe the data directory first
  --detach             return when everything is ready and leave it running (npm stop ends it)
  --no-seed            start without the seeded machines (first start only)
  --no-sellers         start without the example sellers: a market without services
  --mainnet-ids        chain id 3338 instead of 33380, for clients that insist (first start only)
  --port-base N        home RPC on N, rating service on N+2, market on N+4, PostgreSQL on N+9, sellers from N+10
  --port-rpc N         home RPC (default ${DEFAULT_PORTS.rpc})
  --port-rating N      rating service (default ${DEFAULT_PORTS.rating})
  --port-market N      market (default ${DEFAULT_PORTS.market})
  --port-sellers N     first of the sellers' ${SELLERS} ports (default ${DEFAULT_PORTS.sellers}; 0: any free ones)
  --port-postgres N    PostgreSQL (default: any free port)
  --timings            print how long each phase took
  --help               this text

Examples:
  npm start
  npm start -- --detach --data-dir /tmp/peaqos --port-base 9000
  npm start -- --reset

Related: npm stop, npm run status (both take --data-dir DIR)`;

const START_OPTIONS = {
  "data-dir": { type: "string" },
  reset: { type: "boolean" },
  detach: { type: "boolean" },
  "no-seed": { type: "boolean" },
  "no-sellers": { type: "boolean" },
  "mainnet-ids": { type: "boolean" },
  "port-base": { type: "string" },
  "port-rpc": { type: "string" },
  "port-rating": { type: "string" },
  "port-market": { type: "string" },
  "port-sellers": { type: "string" },
  "port-postgres": { type: "string" },
  timings: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

export function parseStart(args: string[], cwd: string): DevnetOptions | "help" {
  const values = parse(args, START_OPTIONS, "npm start -- --help");
  if (values.help) return "help";
  const base =
    values["port-base"] === undefined ? undefined : port("--port-base", values["port-base"], 65_521);
  const of = (part: keyof Ports) => {
    const given = values[`port-${part}`];
    if (given !== undefined) return port(`--port-${part}`, given, 65_535, part === "sellers" ? 0 : 1);
    return base === undefined ? DEFAULT_PORTS[part] : base + FROM_BASE[part];
  };
  const ports: Ports = {
    rpc: of("rpc"),
    rating: of("rating"),
    market: of("market"),
    sellers: of("sellers"),
    postgres: of("postgres"),
  };
  const used = new Map<number, string>();
  for (const [part, number] of Object.entries(ports).flatMap(portsOf)) {
    const other = used.get(number);
    if (number !== 0 && other)
      throw new UsageError(
        `--port-${other} and --port-${part} are both ${number}: give them different ports`,
      );
    used.set(number, part);
  }
  return {
    dataDir: resolve(cwd, values["data-dir"] ?? DEFAULT_DATA_DIR),
    ports,
    chainId: values["mainnet-ids"] ? 3338 : 33_380,
    seed: !values["no-seed"],
    sellers: !values["no-sellers"],
    reset: values.reset ?? false,
    detach: values.detach ?? false,
    timings: values.timings ?? false,
  };
}

/** Every port of a part. */
function portsOf([part, number]: [string, number]): [string, number][] {
  if (part !== "sellers" || number === 0) return [[part, number]];
  return Array.from({ length: SELLERS }, (_, index) => [part, number + index]);
}

/** Options of `npm stop` and `npm run status`. */
export function parseDataDir(
  args: string[],
  cwd: string,
  command: string,
): { dataDir: string; json: boolean } | "help" {
  const options = {
    "data-dir": { type: "string" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  const values = parse(args, options, `${command} -- --help`);
  if (values.help) return "help";
  return { dataDir: resolve(cwd, values["data-dir"] ?? DEFAULT_DATA_DIR), json: values.json ?? false };
}

type Spec = Record<string, { type: "string" | "boolean"; short?: string }>;
type Values<T extends Spec> = { [K in keyof T]?: T[K]["type"] extends "string" ? string : boolean };

function parse<T extends Spec>(args: string[], options: T, help: string): Values<T> {
  try {
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values as Values<T>;
  } catch (error) {
    const given = /'(--?[\w-]+)/.exec((error as Error).message)?.[1] ?? "";
    const near = Object.keys(options).find((name) => close(given.replace(/^-+/, ""), name));
    const hint = near ? ` Did you mean --${near}?` : "";
    throw new UsageError(`${(error as Error).message.split(". ")[0]}.${hint} See ${help}.`);
  }
}

function close(given: string, name: string): boolean {
  if (given.length < 3) return false;
  return name.startsWith(given) || given.startsWith(name) || distance(given, name) <= 2;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function port(option: string, text: string, max = 65_535, min = 1): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new UsageError(`${option} takes a port from ${min} to ${max}, not "${text}"`);
}
