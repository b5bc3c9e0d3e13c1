import { relative } from "node:path";
import type { DevnetFile } from "./files.ts";
import { TOKEN_FILE } from "./files.ts";

export type Style = { bold: (text: string) => string; dim: (text: string) => string };

export function styleFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Style {
  const plain = !stream.isTTY || (env.NO_COLOR !== undefined && env.NO_COLOR !== "") || env.TERM === "dumb";
  if (plain) return { bold: (text) => text, dim: (text) => text };
  return { bold: (text) => `\x1b[1m${text}\x1b[22m`, dim: (text) => `\x1b[2m${text}\x1b[22m` };
}

export type MachineLine = { name: string; shows: string; rating: string; did: string };

/** Asks the running parts for what only they know. */
export async function machineLines(file: DevnetFile): Promise<MachineLine[]> {
  return Promise.all(
    file.machines.map(async ({ name, shows, did }) => ({
      name,
      shows,
      did,
      rating: await ratingOf(file, did),
    })),
  );
}

async function ratingOf(file: DevnetFile, did: string): Promise<string> {
  if (!file.urls.rating) return "";
  try {
    const response = await fetch(`${file.urls.rating}/mcr/${did}`);
    const body = (await response.json()) as { mcr?: unknown; mcr_score?: unknown };
    const score = typeof body.mcr_score === "number" ? ` ${body.mcr_score}` : "";
    return typeof body.mcr === "string" ? `${body.mcr}${score}` : "";
  } catch {
    return "";
  }
}

/** What `npm start` prints when everything runs. */
export function summary(
  file: DevnetFile,
  machines: MachineLine[],
  context: { cwd: string; style: Style },
): string {
  const { bold, dim } = context.style;
  const heading = (text: string) => `\n${bold(text)}`;
  const row = (name: string, value: string, note = "") =>
    `  ${name.padEnd(20)} ${value}${note ? `  ${dim(note)}` : ""}`;
  const directory = relative(context.cwd, file.data_dir) || ".";
  const shown = directory.startsWith("..") ? file.data_dir : directory;
  const lines = [
    bold("peaqOS is running"),
    heading("Endpoints"),
    row("home chain", file.urls.rpc, `JSON-RPC, chain id ${file.chain_id}`),
    ...(file.urls.rating ? [row("rating", file.urls.rating, "API page at /docs, metrics at /metrics")] : []),
    row("market", file.urls.market, "API page at /docs, metrics at /metrics"),
    row("PostgreSQL", `127.0.0.1:${file.ports.postgres}`, "URL with password in devnet.json"),
    heading("Contracts"),
    ...Object.entries(file.contracts).map(([name, address]) => row(name, address)),
    heading("Accounts"),
    ...file.accounts.map(({ role, address, purpose }) => row(role, address, purpose)),
  ];
  if (machines.length > 0) {
    lines.push(heading("Machines"));
    for (const { name, rating, shows } of machines)
      lines.push(`  ${name.padEnd(28)} ${rating.padEnd(12)} ${dim(shows)}`);
  }
  if (file.sellers.length > 0) {
    lines.push(heading("Sellers"));
    for (const { name, url } of file.sellers) lines.push(row(name, url));
  }
  lines.push(heading("Market"), row("platform key", file.api_key, "PEAQOS_API_KEY of devnet.env"));
  if (file.agent !== null) {
    const { agent } = file;
    lines.push(
      row("agent", agent.address, `buys for ${agent.machine}, ${agent.daily_limit_usd} USD a day`),
      row("its pairing", `${agent.market_machine_id} ${agent.pairing_id}`, `token in ${shown}/${TOKEN_FILE}`),
    );
  }
  lines.push(
    heading("Files"),
    row("data", shown),
    row("for programs", `${shown}/devnet.json`, "URLs, addresses, keys"),
    row("for shells", `${shown}/devnet.env`),
    row("logs", `${shown}/logs/`),
    heading("Try next"),
    ...tryNext(file, shown).map((command) => `  ${command}`),
    "",
  );
  return lines.join("\n");
}

/** Three commands for another terminal, run from the project's folder. */
export function tryNext(file: DevnetFile, directory: string): string[] {
  const [machine] = file.machines;
  const env = `set -a; . ${directory.startsWith("/") ? directory : `./${directory}`}/devnet.env; set +a`;
  return [
    `${env}; npm run --silent peaqos -- whoami`,
    ...(machine
      ? [
          `npm run --silent peaqos -- qualify mcr ${machine.did} --explain`,
          `curl -s ${file.urls.rating}/mcr/${machine.did}/explain`,
        ]
      : [
          `curl -s ${file.urls.rpc} -H 'content-type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber"}'`,
        ]),
  ];
}
