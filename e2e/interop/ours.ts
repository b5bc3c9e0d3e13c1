import { join } from "node:path";
import { PeaqosClient } from "@peaqos/peaq-os-sdk";
import { type Ended, runProgram } from "./programs.ts";
import type { Stack } from "./stack.ts";

const command = join(import.meta.dirname, "..", "..", "packages", "cli", "bin", "peaqos.js");

/** Our SDK on the run's devnet. */
export function ourSdk(stack: Stack, privateKey: string): PeaqosClient {
  const { identityRegistry, identityStaking, eventRegistry, machineNft, didRegistry, batchPrecompile } =
    stack.file.contracts;
  return new PeaqosClient({
    rpcUrl: stack.file.urls.rpc,
    privateKey,
    contracts: { identityRegistry, identityStaking, eventRegistry, machineNft, didRegistry, batchPrecompile },
    apiUrl: stack.file.urls.rating ?? "",
    orchestrationUrl: stack.market.url,
    apiKey: stack.market.apiKey,
    pollingIntervalMs: 20,
  });
}

/** Our CLI on the run's devnet. */
export function ourCli(stack: Stack, privateKey: string, cwd: string, args: string[]): Promise<Ended> {
  const env = { ...stack.env, PEAQOS_PRIVATE_KEY: privateKey, HOME: cwd, NO_COLOR: "1" };
  return runProgram(process.execPath, [command, ...args], { cwd, env });
}
