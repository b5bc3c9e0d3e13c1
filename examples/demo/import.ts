import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Running } from "./devnet.ts";
import type { Screen } from "./screen.ts";

const root = join(import.meta.dirname, "..", "..");

/** Counts of one `peaqos qualify import`, as its --json says them. */
export type Imported = {
  rows: number;
  filtered: number;
  already_on_chain: number;
  to_send: number;
  sent: number;
  failed: number;
  transactions: number;
};

export type ImportRun = { type: "activity" | "revenue"; csv: string; machines: string; shift: number };

/**
 * The rows as events, through the command a user would type. A session becomes an activity event of its energy in
 * watt hours; a paid one becomes a revenue event in US cents as well.
 */
export async function importSessions(
  running: Running,
  privateKey: string,
  run: ImportRun,
  screen: Screen,
): Promise<Imported> {
  const mapping =
    run.type === "activity"
      ? ["--map", "value=round(kwh * 1000)"]
      : ["--map", "value=round(dollars * 100)", "--currency", "USD", "--where", "dollars > 0"];
  const args = [
    "qualify",
    "import",
    run.csv,
    "--type",
    run.type,
    "--machine-column",
    "station_id",
    "--machines",
    run.machines,
    "--map",
    "ts=ended_at",
    "--zone",
    "Z",
    ...mapping,
    "--shift",
    String(run.shift),
    "--yes",
  ];
  for (const line of wrapped([...CLI, ...args])) screen.copy(line);
  const { stdout, exit } = await peaqos([...args, "--json"], {
    ...running.env,
    PEAQOS_PRIVATE_KEY: privateKey,
  });
  if (exit !== 0) throw new Error(`peaqos qualify import ended with exit code ${exit}; its words are above.`);
  return JSON.parse(stdout) as Imported;
}

/** The CLI as a program of its own; its progress and errors go to this terminal. */
export function peaqos(
  args: readonly string[],
  env: Record<string, string>,
): Promise<{ stdout: string; exit: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "packages", "cli", "bin", "peaqos.js"), ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    let stdout = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ stdout, exit: code ?? 1 }));
  });
}

/**
 * `npm run peaqos` with these words, over several lines that a shell still reads as one, within 80 columns where its
 * words allow. An option stays on one line with its value.
 */
export function wrapped(words: readonly string[]): string[] {
  const units: string[] = [];
  for (const [index, word] of words.entries()) {
    const follows = index > 0 && words[index - 1]!.startsWith("--") && !word.startsWith("--");
    if (follows) units.push(`${units.pop()} ${quoted(word)}`);
    else units.push(quoted(word));
  }
  const lines: string[] = [];
  let line = "";
  for (const unit of units) {
    if (line !== "" && line.length + unit.length > 74) {
      lines.push(`${line} \\`);
      line = `  ${unit}`;
    } else line = line === "" ? unit : `${line} ${unit}`;
  }
  return [...lines, line];
}

/** How a user types a command of the CLI in a clone. */
export const CLI = ["npm", "run", "--silent", "peaqos", "--"] as const;

function quoted(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
