/** `npm run demo`: see HELP in options.ts. */
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { eventTransactions, readerOf } from "./chain-log.ts";
import { recompute } from "./checker.ts";
import { devnetOn, type Running } from "./devnet.ts";
import { Fleet } from "./fleet.ts";
import { fund } from "./funding.ts";
import { CLI, type Imported, importSessions, peaqos, wrapped } from "./import.ts";
import { marketStory } from "./market/story.ts";
import { type DemoOptions, HELP, parseOptions } from "./options.ts";
import { fleetTable, rateFleet } from "./ratings.ts";
import { folded, grouped, type Screen, screenOn } from "./screen.ts";
import { readSessions } from "./sessions.ts";
import { keptShift, shiftFor } from "./shift.ts";

const DAY = 86_400;
const root = join(import.meta.dirname, "..", "..");
const csv = join(root, "examples", "data", "ev-sessions.csv");

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let options: DemoOptions | "help";
  try {
    options = parseOptions(args, process.env.INIT_CWD ?? process.cwd());
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
  if (options === "help") {
    console.log(HELP);
    return 0;
  }
  const screen = screenOn(options.json ? process.stderr : process.stdout);
  let running: Running | undefined;
  try {
    screen.heading("Devnet");
    running = await devnetOn(options.dataDir, options.portBase, screen);
    const result = await demo(running, options, screen);
    if (options.json) console.log(JSON.stringify(result, bigintAsText, 2));
    return result.checker.equal === false || result.market?.audit.valid === false ? 1 : 0;
  } catch (error) {
    console.error(`\ndemo: ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    if (running?.own) {
      screen.line();
      await running.stop();
      screen.line("The demo's devnet is stopped; npm start continues it with all machines.");
    }
  }
}

async function demo(running: Running, options: DemoOptions, screen: Screen) {
  const started = performance.now();
  const { file } = running;
  if (!file.urls.rating) throw new Error("This devnet runs without a rating service.");
  screen.line(`chain ${file.chain_id} at ${file.urls.rpc}, ratings at ${file.urls.rating}`);
  screen.line(`data in ${shown(file.data_dir)}`);

  const sessions = readSessions(csv);
  const reader = readerOf(running);
  const genesis = (await reader.getBlock({ blockNumber: 0n })).hash;
  const shift = keptShift(options.dataDir, genesis, () =>
    shiftFor(sessions.lastEnd, Math.floor(Date.now() / 1000)),
  );
  screen.heading("Input");
  screen.line(
    `${grouped(sessions.rows)} real charging sessions of ${sessions.stations.length} stations, 2014-2015,`,
  );
  screen.line(`${grouped(sessions.paid)} of them paid (examples/data/ev-sessions.csv)`);
  screen.line(
    `Every time is shifted by ${shift.seconds} s (${grouped(shift.seconds / DAY)} days${shift.kept ? ", as on the first run" : ""}):`,
  );
  const last = new Date((sessions.lastEnd + shift.seconds) * 1000)
    .toISOString()
    .slice(0, 16)
    .replace("T", " ");
  screen.line(`the last session then ended at ${last}.`);

  screen.heading("Operator and stations");
  const fleet = new Fleet(
    running,
    screen,
    sessions.stations.map(({ id }) => id),
  );
  const addresses = fleet.stations.map(({ address }) => address);
  const known = (await Promise.all(addresses.map((address) => isMachine(fleet, address)))).filter(
    Boolean,
  ).length;
  const funding = await fund(running, fleet.operator.address, addresses, known);
  if (funding) {
    fleet.transactions.push(funding);
    screen.copy(`tx ${funding} PEAQ`);
  }
  const operatorId = await fleet.registerOperator();
  const registered = await fleet.register();
  const minted = await fleet.mint();
  const described = await fleet.describe(operatorId);
  screen.line(`operator ${fleet.operator.address} is machine ${operatorId}`);
  screen.line(
    `${addresses.length} stations: ${registered} registered, ${minted} NFTs minted, ${described} DIDs written`,
  );

  screen.heading("Sessions become events");
  const machines = join(options.dataDir, "demo-stations.json");
  writeFileSync(
    machines,
    JSON.stringify(
      Object.fromEntries(fleet.stations.map(({ id, machineId }) => [id, String(machineId)])),
      null,
      2,
    ),
  );
  const environment = join(options.dataDir, "demo.env");
  writeEnvironment(environment, { ...running.env, PEAQOS_PRIVATE_KEY: fleet.operatorKey });
  screen.copy(`set -a; . ${shown(environment)}; set +a   # the operator's settings`);
  const before = await reader.getBlockNumber();
  const imports: Record<string, Imported> = {};
  for (const type of ["activity", "revenue"] as const) {
    const run = { type, csv: shown(csv), machines: shown(machines), shift: shift.seconds };
    const done = await importSessions(running, fleet.operatorKey, run, screen);
    imports[type] = done;
    screen.line(
      `${type}: ${grouped(done.sent)} of ${grouped(done.rows - done.filtered)} stored by this run, ` +
        `${grouped(done.already_on_chain)} were there, ${done.failed} failed`,
    );
  }
  for (const { hash, events } of await eventTransactions(running, before)) {
    fleet.transactions.push(hash);
    screen.copy(`tx ${hash} ${events} ev.`);
  }

  screen.heading("Ratings");
  screen.copy(`mcr=${file.urls.rating}/mcr   # for the lines below`);
  const rated = await rateFleet(running, fleet, sessions);
  screen.line();
  for (const line of fleetTable(rated)) screen.line(line);
  const [best, worst] = [rated[0]!, rated.at(-1)!];
  for (const [word, station] of [
    ["best", best],
    ["worst", worst],
  ] as const) {
    screen.heading(`Why the ${word} has its rating: station ${station.id}`);
    const command = ["qualify", "mcr", station.did, "--explain"];
    for (const line of wrapped([...CLI, ...command])) screen.copy(line);
    screen.line();
    const { stdout } = await peaqos(command, { ...running.env, COLUMNS: "76" });
    for (const line of stdout.trimEnd().split("\n").flatMap(folded)) screen.line(line);
  }

  screen.heading("The same rating, recomputed by an independent implementation in Python");
  const checker = await recompute(file.urls.rating, best.did);
  for (const line of wrapped(checker.command.split(" "))) screen.copy(line);
  for (const line of checker.text.split("\n").flatMap(folded)) screen.line(line);

  const market = await marketStory(
    running,
    best,
    { dataDir: options.dataDir, shown, environment: shown(environment), chain: genesis ?? "0x" },
    screen,
  );

  const seconds = Math.round((performance.now() - started) / 100) / 10;
  const counts = new Map<string, number>();
  for (const { explanation } of rated) counts.set(explanation.mcr, (counts.get(explanation.mcr) ?? 0) + 1);
  screen.heading("Done");
  screen.line([...counts].map(([rating, count]) => `${count} x ${rating}`).join(", "));
  const transactions = fleet.transactions.length + (market?.transactions.length ?? 0);
  screen.line(
    `${grouped(transactions)} transactions, ${grouped(fleet.requests.length)} rating requests, ` +
      `${grouped(market?.requests ?? 0)} market requests, ${seconds} s`,
  );
  return {
    chain_id: file.chain_id,
    shift_seconds: shift.seconds,
    operator: { did: `did:peaq:${fleet.operator.address}`, machine_id: operatorId },
    made: { registered, minted, described },
    imports,
    ratings: Object.fromEntries(counts),
    stations: rated.map(({ id, did, machineId, sessions: count, paid, explanation }) => ({
      station: id,
      did,
      machine_id: machineId,
      sessions: count,
      paid,
      mcr: explanation.mcr,
      mcr_score: explanation.mcrScore,
      raw_score: explanation.rawScore,
    })),
    market,
    checker: { did: best.did, equal: checker.equal ?? null, command: checker.command },
    transactions: fleet.transactions,
    requests: fleet.requests,
    seconds,
  };
}

/** A path as it can be typed in the project's folder, where npm runs its scripts. */
function shown(path: string): string {
  const inside = relative(root, path);
  return inside.startsWith("..") ? path : inside || ".";
}

function writeEnvironment(path: string, variables: Record<string, string>): void {
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  writeFileSync(
    path,
    `# Written by npm run demo: the devnet's settings with the demo operator's key.\n${lines.join("\n")}\n`,
    {
      mode: 0o600,
    },
  );
}

async function isMachine(fleet: Fleet, address: `0x${string}`): Promise<boolean> {
  return (await fleet.operator.machineIdOf(address)) > 0n;
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
