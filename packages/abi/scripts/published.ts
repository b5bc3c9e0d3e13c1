import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Abi, parseAbi, toEventSelector, toFunctionSelector } from "viem";

const FOLDER = join(import.meta.dirname, "..", "published");

/** The published contracts: file name in published/ -> name of the exported constant. */
export const PUBLISHED = {
  IdentityRegistry: "identityRegistryAbi",
  IdentityStaking: "identityStakingAbi",
  EventRegistry: "eventRegistryAbi",
  MachineNFT: "machineNftAbi",
  MachineNFTAdapter: "machineNftAdapterAbi",
  MachineNFTBase: "machineNftBaseAbi",
  MachineAccountFactory: "machineAccountFactoryAbi",
  MachineSmartAccount: "machineSmartAccountAbi",
  "DIDPrecompile.node": "didAbi",
  BatchPrecompile: "batchAbi",
} as const;

/** Reads one published list as an ABI; throws when a line's selector is not the one its comment states. */
export function readPublished(name: string): Abi {
  const lines = readFileSync(join(FOLDER, `${name}.txt`), "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const signatures = lines.map((line) => {
    const signature = line.replace(/\s*\/\/.*$/, "");
    return signature === "receive() payable" ? "receive() external payable" : signature;
  });
  const abi = parseAbi(signatures) as Abi;
  abi.forEach((item, index) => {
    const stated = /\/\/ (0x[0-9a-f]+)/.exec(lines[index]!)?.[1];
    const computed = selectorOf(item);
    if (stated !== computed) {
      throw new Error(
        `published/${name}.txt line ${index + 1}: states ${stated}, the signature gives ${computed}`,
      );
    }
  });
  return abi;
}

function selectorOf(item: Abi[number]): string | undefined {
  if (item.type === "function") return toFunctionSelector(item);
  if (item.type === "event") return toEventSelector(item);
  if (item.type === "error")
    return toFunctionSelector({ ...item, type: "function", stateMutability: "view", outputs: [] });
  return undefined;
}
