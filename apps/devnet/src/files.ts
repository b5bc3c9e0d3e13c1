import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Deployment } from "@peaqos/contracts";
import { contractEnv } from "@peaqos/contracts/env";
import type { Address, Hex } from "viem";
import type { DevnetAccount } from "./accounts.ts";

export type MachineEntry = {
  name: string;
  shows: string;
  did: string;
  /** Decimal text: ids can be larger than a JSON number holds. */
  machine_id: string;
  address: Address;
  private_key: Hex;
};

/** The agent that the devnet comes with, paired on the market with a seeded machine. */
export type AgentEntry = {
  /** Name of the machine it buys for. */
  machine: string;
  /** The machine's id on the market. */
  market_machine_id: string;
  pairing_id: string;
  address: Address;
  daily_limit_usd: number;
  /** For x-agent-pairing-token; a fresh one at each start. */
  token: string;
};

/** devnet.json: everything a program needs to use the devnet. Mode 0600: it holds keys. */
export type DevnetFile = {
  version: 1;
  pid: number;
  started_at: string;
  data_dir: string;
  logs: string;
  urls: { rpc: string; rating: string; market: string };
  ports: { rpc: number; rating: number; market: number; postgres: number };
  chain_id: number;
  contracts: Deployment;
  accounts: (Omit<DevnetAccount, "privateKey"> & { private_key: Hex })[];
  database_urls: { rating: string; market: string };
  /** Platform key of the market. */
  api_key: string;
  sellers: { name: string; url: string }[];
  agent: AgentEntry | null;
  /** Value of the x-peaqos-admin header that opens node-admin methods. */
  adminFlag: string;
  machines: MachineEntry[];
};

/** Writes a file so that a reader sees the old text or the new one, never half. */
export function writeAtomically(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  const fd = openSync(temporary, "w", 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, file);
}

/** The agent's token alone, for `--pairing-token-file`. */
export const TOKEN_FILE = "agent.token";

export function writeDevnetFiles(dataDir: string, content: DevnetFile): void {
  if (content.agent !== null) writeAtomically(join(dataDir, TOKEN_FILE), `${content.agent.token}\n`);
  writeAtomically(join(dataDir, "devnet.json"), `${JSON.stringify(content, null, 2)}\n`);
  writeAtomically(join(dataDir, "devnet.env"), envText(content));
}

export function readDevnetFile(dataDir: string): DevnetFile | undefined {
  try {
    return JSON.parse(readFileSync(join(dataDir, "devnet.json"), "utf8")) as DevnetFile;
  } catch {
    return undefined;
  }
}

/** The seeds' variable names, for `set -a; . .peaqos/devnet.env`. */
export function envText({
  urls,
  contracts,
  accounts,
  chain_id,
  database_urls,
  api_key,
  agent,
}: DevnetFile): string {
  const developer = accounts.find(({ role }) => role === "developer");
  const variables: Record<string, string | null | undefined> = {
    PEAQOS_NETWORK: "devnet",
    PEAQOS_RPC_URL: urls.rpc,
    PEAQOS_CHAIN_ID: String(chain_id),
    PEAQOS_PRIVATE_KEY: developer?.private_key,
    PEAQOS_MCR_API_URL: urls.rating,
    PEAQOS_ORCHESTRATION_URL: urls.market,
    PEAQOS_API_KEY: api_key,
    PEAQOS_ORCH_API_KEY: api_key,
    PEAQOS_DEVNET_MACHINE: agent?.market_machine_id,
    PEAQOS_DEVNET_PAIRING: agent?.pairing_id,
    ...contractEnv(contracts),
    PEAQOS_DEVNET_DATABASE_URL: database_urls.rating,
  };
  const lines = Object.entries(variables)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${value}`);
  const head = "# Written by npm start. Use it with:  set -a; . .peaqos/devnet.env; set +a";
  return [head, ...lines, ""].join("\n");
}
