/**
 * Guarantees that a kill -9 at any moment loses no acknowledged transaction and doubles none.
 *
 * Kills a chain again and again while writers are at it, starts it on the same directory and compares every
 * transaction that was acknowledged with what the chain says: same block hash, same order, exactly once.
 *
 *   node --conditions=@peaqos/source apps/devnet/test/kill-trial.ts --times 1000
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startChain } from "@peaqos/devnet/chain";
import type { Hex } from "viem";
import { keccak256, toHex } from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { privateKeyToAccount } from "viem/accounts";

export type KillTrial = { kills: number; acknowledged: number; lost: number; slowestStartMs: number };

type Receipt = { blockHash: Hex; transactionIndex: Hex; status: Hex };

const self = fileURLToPath(import.meta.url);
const FEES = {
  type: "eip1559",
  chainId: 33_380,
  maxFeePerGas: 10n ** 10n,
  maxPriorityFeePerGas: 1n,
} as const;

export async function killTrial(times: number, random: () => number = Math.random): Promise<KillTrial> {
  const directory = mkdtempSync(join(tmpdir(), "peaqos-kill-"));
  const writers = [1, 2, 3].map((i) => privateKeyToAccount(keccak256(toHex(`kill trial ${i}`))));
  const acknowledged = new Map<Hex, Receipt>();
  const nonces = new Map(writers.map(({ address }) => [address, 0]));
  let slowestStartMs = 0;
  let lost = 0;
  try {
    for (let kill = 0; kill <= times; kill++) {
      const began = performance.now();
      // Every fourth kill hits the start itself: reading files, replay, the first snapshot.
      const chain = serve(directory);
      if (kill % 4 === 3 && kill < times) {
        await pause(random() * 250);
        await chain.kill();
        continue;
      }
      const url = await chain.url;
      slowestStartMs = Math.max(slowestStartMs, performance.now() - began);
      for (const [hash, receipt] of acknowledged) {
        const found = await rpc<Receipt | null>(url, "eth_getTransactionReceipt", [hash]);
        if (found?.blockHash !== receipt.blockHash || found.transactionIndex !== receipt.transactionIndex)
          lost++;
      }
      if (kill === times) {
        await chain.kill();
        break;
      }
      const stop = { now: false };
      const writing = writers.map((writer) => write(url, writer, nonces, acknowledged, stop));
      await pause(20 + random() * 400);
      stop.now = true;
      await chain.kill();
      await Promise.all(writing);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
  return { kills: times, acknowledged: acknowledged.size, lost, slowestStartMs };
}

/** Sends one transaction after the other until the chain is gone, and notes what was acknowledged. */
async function write(
  url: string,
  account: PrivateKeyAccount,
  nonces: Map<string, number>,
  acknowledged: Map<Hex, Receipt>,
  stop: { now: boolean },
): Promise<void> {
  try {
    // What was sent and not acknowledged may be in a block or not, but never twice.
    let nonce = Number(await rpc<Hex>(url, "eth_getTransactionCount", [account.address, "latest"]));
    if (nonce < (nonces.get(account.address) ?? 0)) throw new Error(`nonce of ${account.address} went back`);
    while (!stop.now) {
      const to = nonce % 5 === 4 ? "0x0000000000000000000000000000000000000805" : account.address;
      const raw = await account.signTransaction({ ...FEES, nonce, to, value: 0n, gas: 60_000n });
      const hash = await rpc<Hex>(url, "eth_sendRawTransaction", [raw]);
      const receipt = await rpc<Receipt>(url, "eth_getTransactionReceipt", [hash]);
      acknowledged.set(hash, receipt);
      nonces.set(account.address, ++nonce);
    }
  } catch (error) {
    if (!stop.now) throw error;
  }
}

function serve(directory: string): { url: Promise<string>; kill(): Promise<void> } {
  const child = spawn(process.execPath, ["--conditions=@peaqos/source", self, "--serve", directory], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const url = new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => resolve(text.trim()));
    void exited.then(() => reject(new Error("the chain ended before it was ready")));
  });
  url.catch(() => {});
  return {
    url,
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}

async function rpc<T>(url: string, method: string, params: unknown[]): Promise<T> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "application/json" },
  });
  const answer = (await response.json()) as { result: T; error?: { message: string } };
  if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result;
}

async function runServer(directory: string): Promise<void> {
  const chain = await startChain({ dataDir: directory, genesisTime: 1_780_000_000 });
  await chain.setBatchExecutor("0x0000000000000000000000000000000000007702");
  for (const i of [1, 2, 3]) {
    const { address } = privateKeyToAccount(keccak256(toHex(`kill trial ${i}`)));
    if ((await chain.admin<Hex>("eth_getBalance", [address, "latest"])) === "0x0") {
      await chain.admin("anvil_setBalance", [address, toHex(10n ** 24n)]);
    }
  }
  console.log(chain.url);
}

if (process.argv[1] === self) {
  const options = { serve: { type: "string" }, times: { type: "string", default: "100" } } as const;
  const { values } = parseArgs({ options });
  if (values.serve) await runServer(values.serve);
  else {
    const result = await killTrial(Number(values.times));
    console.log(JSON.stringify(result));
    process.exitCode = result.lost === 0 ? 0 : 1;
  }
}
