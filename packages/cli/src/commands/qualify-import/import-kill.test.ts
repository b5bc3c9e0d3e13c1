import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getEventCount, getEvents, PeaqosClient } from "@peaqos/peaq-os-sdk";
import { expect, test } from "vitest";
import { startStack } from "../../test/stack.ts";

const bin = join(import.meta.dirname, "..", "..", "..", "bin", "peaqos.js");

/**
 * Guarantees that an import that was killed at any point and started again leaves every row of the file on the chain
 * exactly once.
 */
test("kill -9 in the middle of an import, again and again: no row is lost, none doubled", async () => {
  await using stack = await startStack();
  const env = await stack.env("killed importer");
  const client = new PeaqosClient({
    rpcUrl: env.PEAQOS_RPC_URL!,
    privateKey: env.PEAQOS_PRIVATE_KEY!,
    contracts: {
      identityRegistry: env.IDENTITY_REGISTRY_ADDRESS!,
      identityStaking: env.IDENTITY_STAKING_ADDRESS!,
      eventRegistry: env.EVENT_REGISTRY_ADDRESS!,
      machineNft: env.MACHINE_NFT_ADDRESS!,
      didRegistry: env.DID_REGISTRY_ADDRESS!,
      batchPrecompile: env.BATCH_PRECOMPILE_ADDRESS!,
    },
  });
  const id = await client.registerMachine();
  const rows = 3000;
  const lines = Array.from({ length: rows }, (_, index) => `${index},${1_672_531_200 + index},${index % 7}`);
  await writeFile(join(stack.folder, "rows.csv"), ["id,at,amount", ...lines].join("\n"));
  const argv = [
    "qualify",
    "import",
    "rows.csv",
    "--type",
    "activity",
    "--map",
    "ts=at",
    "--map",
    "value=amount",
    "--machine-id",
    String(id),
  ];

  /** Runs the command as a process of its own; kills it as soon as the chain holds `killAt` events. */
  const run = async (killAt: number | undefined) => {
    const child = spawn(process.execPath, [bin, ...argv, "--json", "--yes"], {
      cwd: stack.folder,
      env: { ...env, PATH: process.env.PATH, HOME: stack.folder },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text) => {
      stdout += text;
    });
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const ended = new Promise<number | null>((done) => child.on("close", done));
    if (killAt !== undefined) {
      const done = ended.then(() => true);
      while (Number(await getEventCount(client, id)) < killAt) {
        if (await Promise.race([done, new Promise<false>((next) => setImmediate(() => next(false)))])) break;
      }
      child.kill("SIGKILL");
    }
    return { code: await ended, stdout, stderr };
  };

  for (const killAt of [1, 400, 1200, 2400]) await run(killAt);
  const last = await run(undefined);
  expect(last.stderr).not.toContain("Error");
  expect(last.code).toBe(0);
  const { already_on_chain, sent } = JSON.parse(last.stdout);
  expect(already_on_chain).toBeGreaterThanOrEqual(2400);
  expect(already_on_chain + sent).toBe(rows);
  const hashes = new Set<string>();
  for await (const { dataHash } of getEvents(client, id)) hashes.add(dataHash);
  expect(hashes.size).toBe(rows);
  expect(await getEventCount(client, id)).toBe(BigInt(rows));
});
