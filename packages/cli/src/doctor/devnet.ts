import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseEnv } from "../config/env-file.ts";
import type { Settings } from "../config/settings.ts";
import { CONTRACT_VARIABLES } from "../config/variables.ts";
import { badSetting, type Check } from "./types.ts";

export type DevnetState = {
  readonly file: string;
  readonly rpcUrl: string | undefined;
  readonly chainId: number | undefined;
  readonly values: Readonly<Record<string, string>>;
};

/** The devnet that belongs to this folder, as its own files describe it. */
export async function devnetState(cwd: string, _settings: Settings): Promise<DevnetState | undefined> {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = join(folder, ".peaqos", "devnet.env");
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text !== undefined) {
      const values = Object.fromEntries(parseEnv(text).map(({ name, value }) => [name, value]));
      const about = await readFile(join(folder, ".peaqos", "devnet.json"), "utf8").catch(() => "{}");
      return { file, rpcUrl: values.PEAQOS_RPC_URL, chainId: homeChainId(about), values };
    }
    if (dirname(folder) === folder) return undefined;
  }
}

function homeChainId(text: string): number | undefined {
  const found = /"chain_?[iI]d"\s*:\s*(\d+)/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** A settings file made for an earlier devnet keeps its addresses. */
export async function checkDevnet(cwd: string, settings: Settings): Promise<Check[]> {
  const devnet = await devnetState(cwd, settings);
  if (!devnet || devnet.rpcUrl === undefined || settings.get("PEAQOS_RPC_URL") !== devnet.rpcUrl) return [];
  const stale = CONTRACT_VARIABLES.filter(({ name }) => {
    const [ours, theirs] = [settings.get(name), devnet.values[name]];
    return ours !== undefined && theirs !== undefined && ours.toLowerCase() !== theirs.toLowerCase();
  }).map(({ name }) => name);
  if (stale.length === 0) return [];
  return [
    badSetting(
      "devnet-addresses",
      `${stale.join(", ")} ${stale.length === 1 ? "differs" : "differ"} from the running devnet's (${devnet.file})`,
      "peaqos init --force, network devnet",
    ),
  ];
}
