// Writes contracts/artifacts from the compiler's output: what a deployment and the ABI package need, committed, so
// that nothing but contract work needs a compiler. Usage: node contracts/scripts/artifacts.ts [--check]
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { forgeBinary } from "./forge.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const ARTIFACTS = join(ROOT, "contracts", "artifacts");

/** Contract -> source file whose output is taken. */
const CONTRACTS: Record<string, string> = {
  AdminFlags: "AdminFlags.sol",
  BatchExecutor: "BatchExecutor.sol",
  BatchPrecompile: "BatchPrecompile.sol",
  DIDPrecompile: "DIDPrecompile.sol",
  ERC1967Proxy: "ERC1967Proxy.sol",
  EventRegistry: "EventRegistry.sol",
  EventRegistryV1: "EventRegistryV1.sol",
  IdentityRegistry: "IdentityRegistry.sol",
  IdentityStaking: "IdentityStaking.sol",
  MachineNFT: "MachineNFT.sol",
  TestUSDC: "TestUSDC.sol",
  TestUSDT: "TestUSDT.sol",
  WPEAQ: "WPEAQ.sol",
};

/** Compiles and returns the artifacts as they should be: file name -> text. */
export function artifactFiles(): Map<string, string> {
  execFileSync(forgeBinary(), ["build", "--skip", "test", "--quiet"], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const files = new Map<string, string>();
  for (const [name, source] of Object.entries(CONTRACTS)) {
    const output = JSON.parse(
      readFileSync(join(ROOT, "contracts", "out", source, `${name}.json`), "utf8"),
    ) as {
      abi: unknown;
      bytecode: { object: string };
      deployedBytecode: { object: string };
    };
    const artifact = {
      abi: output.abi,
      bytecode: output.bytecode.object,
      deployedBytecode: output.deployedBytecode.object,
    };
    files.set(`${name}.json`, `${JSON.stringify(artifact, null, 1)}\n`);
  }
  return files;
}

/** Names of artifacts that are missing or differ from what the sources compile to (empty = fresh). */
export function staleArtifacts(): string[] {
  return [...artifactFiles()]
    .filter(([file, text]) => text !== readIfThere(join(ARTIFACTS, file)))
    .map(([file]) => file);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function main(args: string[]): void {
  if (args.includes("--check")) {
    const stale = staleArtifacts();
    if (stale.length === 0) return;
    console.error(`contracts/artifacts is out of date: ${stale.join(", ")}. Run: npm run generate`);
    process.exitCode = 1;
    return;
  }
  const files = artifactFiles();
  for (const [file, text] of files) writeFileSync(join(ARTIFACTS, file), text);
  console.log(`contracts: ${files.size} artifacts written`);
}

if (import.meta.main) main(process.argv.slice(2));
