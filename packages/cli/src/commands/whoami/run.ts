import { type Key, signingKey } from "../../config/key.ts";
import type { Settings } from "../../config/settings.ts";
import { CONTRACT_VARIABLES } from "../../config/variables.ts";
import { CliError, configError, networkError } from "../../engine/errors.ts";
import { alignedBlock, clean, short } from "../../engine/output.ts";
import type { Handler } from "../../engine/types.ts";
import { hideCredentials, rpc } from "../../rpc.ts";
import type { spec } from "./spec.ts";

/** Chain ids of the published networks, for the one comparison `whoami` makes. */
const KNOWN_CHAINS: Readonly<Record<string, number>> = {
  mainnet: 3338,
  peaq: 3338,
  testnet: 9990,
  agung: 9990,
};

export const run: Handler<typeof spec> = async ({ settings: load }) => {
  const settings = await load();
  const { key, contracts, rpcUrl } = readAll(settings);
  const network = settings.get("PEAQOS_NETWORK") ?? "unknown";
  const mcrApiUrl = settings.requireUrl("PEAQOS_MCR_API_URL");
  const chainId = await readChainId(rpcUrl);
  const warnings = [...settings.warnings];
  const expected = KNOWN_CHAINS[network.toLowerCase()];
  if (expected !== undefined && expected !== chainId) {
    warnings.push(
      `PEAQOS_NETWORK says ${network} (chain ${expected}), but the node at PEAQOS_RPC_URL is chain ${chainId}`,
    );
  }
  return {
    json: {
      address: key.address,
      network,
      rpc_url: hideCredentials(rpcUrl),
      chain_id: chainId,
      mcr_api_url: hideCredentials(mcrApiUrl),
      contracts: Object.fromEntries(
        CONTRACT_VARIABLES.map(({ name, field }) => [snake(field), contracts.get(name)!]),
      ),
      env_file: settings.file ?? null,
      warnings,
    },
    text: (style) =>
      [
        alignedBlock([
          ["Address", key.address],
          ["Network", clean(network)],
          ["RPC URL", hideCredentials(rpcUrl)],
          ["Chain ID", String(chainId)],
          ["MCR API", hideCredentials(mcrApiUrl)],
          ["Settings", settings.file ?? "environment only (no .env found)"],
        ]),
        "",
        "Contracts:",
        alignedBlock(
          CONTRACT_VARIABLES.map(({ name, label }) => [label, short(contracts.get(name)!)]),
          4,
        ),
        ...(warnings.length === 0
          ? []
          : ["", "Warnings:", ...warnings.map((warning) => `    ${style.yellow(warning)}`)]),
      ].join("\n"),
  };
};

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Reads everything that has to be there, and names all that is missing in one message. */
function readAll(settings: Settings) {
  const missing: string[] = [];
  const get = <T>(name: string, read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (error instanceof CliError && error.parts.code === "MISSING_SETTING") {
        missing.push(name);
        return undefined;
      }
      throw error;
    }
  };
  const key: Key | undefined = get("PEAQOS_PRIVATE_KEY", () => signingKey(settings));
  const rpcUrl = get("PEAQOS_RPC_URL", () => settings.requireUrl("PEAQOS_RPC_URL"));
  const contracts = new Map<string, string>();
  for (const { name } of CONTRACT_VARIABLES) {
    const address = get(name, () => settings.requireAddress(name));
    if (address) contracts.set(name, address);
  }
  if (missing.length > 0 || !key || !rpcUrl) {
    throw configError({
      code: "MISSING_SETTING",
      message: missing.length === 1 ? `${missing[0]} is not set` : `${missing.length} settings are missing`,
      value: missing.join(", "),
      rule: "settings come from the environment or from a .env in this folder or in the project around it",
      next: `export ${missing[0]}=...   or write a .env with \`peaqos init\``,
      details: { variables: missing },
    });
  }
  return { key, rpcUrl, contracts };
}

async function readChainId(url: string): Promise<number> {
  const answer = await rpc(url, "eth_chainId");
  const chainId =
    typeof answer === "string" && /^0x[0-9a-f]{1,13}$/i.test(answer) ? Number(answer) : Number.NaN;
  if (Number.isSafeInteger(chainId)) return chainId;
  throw networkError({
    code: "BAD_CHAIN_ID",
    message: "The node's chain id is not a number",
    value: String(JSON.stringify(answer)).slice(0, 60),
    rule: "eth_chainId answers a hexadecimal number",
    next: "check PEAQOS_RPC_URL with `peaqos doctor`",
  });
}
