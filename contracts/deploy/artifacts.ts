import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Abi, Hex } from "viem";

/** What the compiler made of one contract. */
export type Artifact = { readonly abi: Abi; readonly bytecode: Hex; readonly deployedBytecode: Hex };

/** Names of the committed artifacts. */
export type ArtifactName =
  | "AdminFlags"
  | "BatchExecutor"
  | "BatchPrecompile"
  | "DIDPrecompile"
  | "ERC1967Proxy"
  | "EventRegistry"
  | "EventRegistryV1"
  | "IdentityRegistry"
  | "IdentityStaking"
  | "MachineNFT"
  | "TestUSDC"
  | "TestUSDT"
  | "WPEAQ";

const FOLDER = join(import.meta.dirname, "..", "artifacts");
const loaded = new Map<ArtifactName, Artifact>();

/** Reads a committed artifact (contracts/artifacts, written by `npm run generate`). */
export function loadArtifact(name: ArtifactName): Artifact {
  const known = loaded.get(name);
  if (known) return known;
  const artifact = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as Artifact;
  loaded.set(name, artifact);
  return artifact;
}
