import { readFile } from "node:fs/promises";
import { parseEnv } from "../config/env-file.ts";
import type { Settings } from "../config/settings.ts";
import type { Io } from "../engine/types.ts";
import { checkBalance, checkNodeRpc } from "./chain.ts";
import { checkDevnet } from "./devnet.ts";
import { checkMarket } from "./market.ts";
import { checkService } from "./service.ts";
import {
  checkAddresses,
  checkAnySettings,
  checkFile,
  checkFolder,
  checkKey,
  checkNode,
  checkUrl,
} from "./settings.ts";
import { badService, type Check, type Patient } from "./types.ts";

/** Runs all checks, causes before consequences: the first failure is the one to repair first. */
export async function examine(
  io: Io,
  settings: Settings,
  options: { nodeVersion?: string; timeoutMs?: number } = {},
): Promise<Check[]> {
  const text = settings.file === undefined ? "" : await readFile(settings.file, "utf8").catch(() => "");
  const patient: Patient = {
    io,
    settings,
    entries: parseEnv(text),
    strayLines: strayLines(text),
    nodeVersion: options.nodeVersion ?? process.versions.node,
    timeoutMs: options.timeoutMs ?? 10_000,
  };
  const checks: Check[] = [checkNode(patient), ...(await checkFile(patient))];
  checks.push(...checkAnySettings(patient));
  checks.push(checkKey(patient), checkUrl(patient, "PEAQOS_RPC_URL", "chain"), ...checkAddresses(patient));
  checks.push(checkUrl(patient, "PEAQOS_MCR_API_URL", "rating service"), ...(await checkFolder(patient)));
  const { checks: nodeChecks, chainId } = await checkNodeRpc(patient);
  checks.push(...nodeChecks);
  if (chainId !== undefined) {
    checks.push(...(await checkDevnet(io.cwd, settings)));
    checks.push(
      ...(await guarded("contracts", () => import("./contracts.ts").then((m) => m.checkContracts(patient)))),
    );
    checks.push(...(await guarded("balance", async () => [await checkBalance(patient)])));
  }
  checks.push(...(await guarded("mcr", () => checkService(patient, chainId))));
  checks.push(...(await guarded("market", () => checkMarket(patient))));
  return checks;
}

/** A check that cannot finish is a finding too. */
async function guarded(id: string, check: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await check();
  } catch (error) {
    return [
      badService(
        id,
        `The check of ${id} ended early: ${(error as Error).message}`,
        "run it again; --verbose says more",
      ),
    ];
  }
}

function strayLines(text: string): { line: number; text: string }[] {
  return text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .map((line, index) => ({ line: index + 1, text: line.trim() }))
    .filter((entry) => entry.text !== "" && !entry.text.startsWith("#") && parseEnv(entry.text).length === 0);
}
