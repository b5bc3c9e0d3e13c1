import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { BATCH_PRECOMPILE, DID_PRECOMPILE, type NetworkPreset, networks } from "@peaqos/abi";
import { parseEnv } from "../../config/env-file.ts";
import { CONTRACT_VARIABLES } from "../../config/variables.ts";

/** Values a chosen network brings; everything can still be changed. */
export type Preset = {
  readonly word: string;
  readonly label: string;
  readonly hint: string;
  readonly values: Readonly<Record<string, string>>;
  readonly remarks: readonly string[];
};

/** Published words for a network; any other word stands for a network of one's own. */
export const NETWORK_WORDS = {
  devnet: "devnet",
  mainnet: "mainnet",
  peaq: "mainnet",
  testnet: "testnet",
  agung: "testnet",
  custom: "custom",
} as const;

export function publicPreset(word: "mainnet" | "testnet"): Preset {
  const facts: NetworkPreset = word === "mainnet" ? networks.peaq : networks.agung;
  const values: Record<string, string> = { PEAQOS_NETWORK: word, PEAQOS_RPC_URL: facts.rpcUrls[0]! };
  if (facts.mcrApiUrl) values.PEAQOS_MCR_API_URL = facts.mcrApiUrl;
  if (facts.gasStationUrl) values.PEAQOS_GAS_STATION_URL = facts.gasStationUrl;
  for (const { name, field } of CONTRACT_VARIABLES) {
    const address = facts.contracts?.[field];
    if (address) values[name] = address;
  }
  return {
    word,
    label: word === "mainnet" ? "peaq mainnet" : "agung testnet",
    hint: `chain ${facts.chainId}, ${new URL(facts.rpcUrls[0]!).host}`,
    values,
    remarks: facts.remarks,
  };
}

export const customPreset: Preset = {
  word: "custom",
  label: "another network",
  hint: "every address by hand",
  values: { DID_REGISTRY_ADDRESS: DID_PRECOMPILE, BATCH_PRECOMPILE_ADDRESS: BATCH_PRECOMPILE },
  remarks: [],
};

/** The devnet whose data directory lies in this folder or above it; it describes itself in `.peaqos/devnet.env`. */
export async function devnetPreset(cwd: string): Promise<Preset | undefined> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = join(folder, ".peaqos", "devnet.env");
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text !== undefined) {
      const values: Record<string, string> = { PEAQOS_NETWORK: "devnet" };
      for (const { name, value } of parseEnv(text)) if (value !== "") values[name] = value;
      values.PEAQOS_NETWORK = "devnet";
      return { word: "devnet", label: "local devnet", hint: file, values, remarks: [] };
    }
    if (dirname(folder) === folder) return undefined;
  }
}
