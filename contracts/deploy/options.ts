import { readFileSync, statSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Address, getAddress, type Hex, isAddress } from "viem";

export const USAGE = `Deploys the peaqOS contracts to a chain. Without --send it only shows what it would do.

usage: node --conditions=@peaqos/source contracts/deploy/cli.ts --rpc-url URL --key-file FILE (--wpeaq ADDRESS | --deploy-wpeaq) [options]

  --rpc-url URL      the chain's RPC endpoint
  --key-file FILE    file with the deployer's private key (0x and 64 hex digits), readable by its owner only
  --wpeaq ADDRESS    existing wrapped token; on peaq 0x0000000000000000000000000000000000000809
  --deploy-wpeaq     deploy our own wrapped token instead
  --did ADDRESS      DID precompile (default 0x0000000000000000000000000000000000000800)
  --owner ADDRESS    who owns the contracts in the end (default: the deployer)
  --chain-id N       refuse any other chain
  --nonce N          first nonce of a deployment that broke off: skips what is done
  --gas-percent N    gas limit in percent of the estimate (default 130)
  --send             send the transactions
  --help             this text`;

export type CliOptions = {
  readonly rpcUrl: string;
  readonly privateKey: Hex;
  readonly wpeaq: Address | undefined;
  readonly did: Address;
  readonly owner: Address | undefined;
  readonly chainId: number | undefined;
  readonly nonce: number | undefined;
  readonly gasPercent: bigint;
  readonly send: boolean;
};

/** Reads the command line; undefined when help was asked for. Throws an Error that says what to change. */
export function readOptions(argv: string[]): CliOptions | undefined {
  const { values } = parseArgs({
    args: argv,
    options: {
      "rpc-url": { type: "string" },
      "key-file": { type: "string" },
      wpeaq: { type: "string" },
      "deploy-wpeaq": { type: "boolean", default: false },
      did: { type: "string", default: "0x0000000000000000000000000000000000000800" },
      owner: { type: "string" },
      "chain-id": { type: "string" },
      nonce: { type: "string" },
      "gas-percent": { type: "string", default: "130" },
      send: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  if (!values["rpc-url"]) throw new Error("--rpc-url is missing");
  if (!values["key-file"]) throw new Error("--key-file is missing");
  if ((values.wpeaq !== undefined) === values["deploy-wpeaq"]) {
    throw new Error("choose one of --wpeaq ADDRESS (an existing wrapped token) and --deploy-wpeaq");
  }
  const gasPercent = whole("--gas-percent", values["gas-percent"]);
  if (gasPercent < 100)
    throw new Error(`--gas-percent ${gasPercent} is below 100: transactions would run out of gas`);
  return {
    rpcUrl: values["rpc-url"],
    privateKey: readKey(values["key-file"]),
    wpeaq: values.wpeaq === undefined ? undefined : address("--wpeaq", values.wpeaq),
    did: address("--did", values.did),
    owner: values.owner === undefined ? undefined : address("--owner", values.owner),
    chainId: values["chain-id"] === undefined ? undefined : whole("--chain-id", values["chain-id"]),
    nonce: values.nonce === undefined ? undefined : whole("--nonce", values.nonce),
    gasPercent: BigInt(gasPercent),
    send: values.send,
  };
}

function address(option: string, text: string): Address {
  if (!isAddress(text))
    throw new Error(`${option} ${text} is not an address (0x and 40 hex digits, checksum right)`);
  return getAddress(text);
}

function whole(option: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${option} ${text} is not a whole number`);
  return Number(text);
}

/** The key never stands in the command line, where every process of the machine can read it. */
function readKey(file: string): Hex {
  const readable = process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0;
  if (readable) throw new Error(`${file} can be read by other users: chmod 600 ${file}`);
  const text = readFileSync(file, "utf8").trim();
  if (!/^0x[0-9a-fA-F]{64}$/.test(text)) {
    throw new Error(`${file} does not hold a private key: expected 0x and 64 hex digits, nothing else`);
  }
  return text as Hex;
}
