import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventRegistryAbi } from "@peaqos/abi";
import { PeaqosClient, type SubmitEventParams } from "@peaqos/peaq-os-sdk";
import { encodeFunctionData, type Hex } from "viem";
import { anvilBinary } from "../apps/devnet/src/chain/anvil.ts";
import { freePort } from "../apps/devnet/src/process/ports.ts";
import { type BenchChain, rpc, rpcBatch, startBenchChain } from "./lib/chain.ts";
import { eventCall, registerFleet, signer } from "./lib/fleet.ts";
import { pinned, pinSelf } from "./lib/processes.ts";
import type { Bench } from "./lib/result.ts";
import { median } from "./lib/stats.ts";

/**
 * P10: the SDK against itself (`submitEvents` against awaited `submitEvent`) and against the node alone: a bare
 * Anvil that takes the same calls, signed beforehand, into its queue and mines them.
 */
export const bench: Bench = {
  id: "P10",
  title: "event submission through the SDK",
  async run({ rounds, quick, log }) {
    const size = quick
      ? { single: 20, packed: 400, parallel: 100 }
      : { single: 100, packed: 4_000, parallel: 1_000 };
    const directory = mkdtempSync(join(tmpdir(), "peaqos-bench-submit-"));
    const chain = await startBenchChain(["operator"], join(directory, "packed"));
    // The node's block cost grows with what the chain holds: the parallel sends and the bare node start from the same
    // state and grow alike, apart from the chain that takes thousands of packed events.
    const twin = await startBenchChain(["operator"], join(directory, "twin"));
    const node = await bareNode(twin);
    pinSelf(1);
    try {
      const [machineId] = await registerFleet(chain, "operator", 1);
      await registerFleet(twin, "operator", 1);
      await node.load(twin);
      const block = await rpc<{ timestamp: Hex }>(chain.url, "eth_getBlockByNumber", ["latest", false]);
      const timestamp = Number(block.timestamp) - 60;
      const client = clientOf(chain);
      const twinClient = clientOf(twin);
      const event = (i: number): SubmitEventParams => ({
        machineId: machineId!,
        eventType: 1,
        value: BigInt(i),
        timestamp,
        rawData: new TextEncoder().encode(`session ${i}`),
        trustLevel: 0,
        sourceChainId: 0,
        sourceTxHash: null,
        metadata: new TextEncoder().encode(JSON.stringify({ session: i, energy_wh: 7_000 + i })),
      });
      const rates = {
        single: [] as number[],
        packed: [] as number[],
        parallel: [] as number[],
        node: [] as number[],
      };
      let next = 0;
      const events = (count: number) => Array.from({ length: count }, () => event(next++));
      await Promise.all(events(20).map((e) => client.submitEvent(e)));
      await Promise.all(events(20).map((e) => twinClient.submitEvent(e)));
      for (let round = 0; round < rounds; round++) {
        rates.single.push(
          await rate(size.single, async () => {
            for (const e of events(size.single)) await client.submitEvent(e);
          }),
        );
        const list = events(size.packed);
        rates.packed.push(
          await rate(size.packed, async () => {
            let settled = 0;
            for await (const result of client.submitEvents(list)) if (result.status === "settled") settled++;
            if (settled !== size.packed) throw new Error(`${settled} of ${size.packed} events settled`);
          }),
        );
        const at_once = events(size.parallel);
        rates.parallel.push(
          await rate(size.parallel, () => Promise.all(at_once.map((e) => twinClient.submitEvent(e)))),
        );
        rates.node.push(await node.queueThenMine(twin, machineId!, timestamp, size.parallel));
        log(
          `round ${round + 1}: one by one ${rates.single.at(-1)!.toFixed(0)}/s, submitEvents ${rates.packed.at(-1)!.toFixed(0)}/s, parallel ${rates.parallel.at(-1)!.toFixed(0)}/s, node ${rates.node.at(-1)!.toFixed(0)}/s`,
        );
      }
      let kept = 0n;
      await Promise.all([chain.kill(), twin.kill()]);
      for (const name of ["packed", "twin"]) {
        const again = await startBenchChain([], join(directory, name));
        kept += await eventCount(again.url, client.contracts.eventRegistry, machineId!);
        await again.stop();
      }
      // A fast figure that lost data counts as zero.
      if (kept !== BigInt(next)) throw new Error(`${next} events acknowledged, ${kept} there after kill -9`);
      log(`kill -9 and restart: all ${next} acknowledged events are there, once`);
      const per = (sample: number[]) => `${Math.round(median(sample)).toLocaleString("en-US")}/s`;
      const ratio = (a: number[], b: number[]) => median(a.map((x, i) => x / b[i]!));
      return [
        {
          id: "P10",
          what: "submitEvents against submitEvent awaited one by one",
          ours: per(rates.packed),
          anchor: per(rates.single),
          value: ratio(rates.packed, rates.single),
          goal: { op: ">=", limit: 10, unit: "x" },
        },
        {
          id: "P10",
          what: "parallel submitEvent against the node's queue-then-mine rate",
          ours: per(rates.parallel),
          anchor: per(rates.node),
          value: ratio(rates.parallel, rates.node),
          goal: { op: ">=", limit: 0.7, unit: "x" },
          note: "ours signs each transaction and waits for its receipt; the node's calls were signed beforehand",
        },
      ];
    } finally {
      node.stop();
      await Promise.all([chain.stop(), twin.stop()]);
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function rate(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (count / (performance.now() - started)) * 1000;
}

function clientOf(chain: BenchChain): PeaqosClient {
  const { deployment } = chain;
  return new PeaqosClient({
    rpcUrl: chain.url,
    privateKey: chain.account("operator").privateKey,
    contracts: {
      identityRegistry: deployment.identityRegistry,
      identityStaking: deployment.identityStaking,
      eventRegistry: deployment.eventRegistry,
      machineNft: deployment.machineNft,
      didRegistry: deployment.didRegistry,
      batchPrecompile: deployment.batchPrecompile,
    },
  });
}

async function eventCount(url: string, registry: Hex, machineId: bigint): Promise<bigint> {
  const data = encodeFunctionData({
    abi: eventRegistryAbi,
    functionName: "getEventCount",
    args: [machineId],
  });
  return BigInt(await rpc<Hex>(url, "eth_call", [{ to: registry, data }, "latest"]));
}

/** Anvil with nothing in front of it, on core 0 like the devnet's chain. */
async function bareNode(chain: BenchChain) {
  const port = await freePort();
  const [command, args] = pinned(0, anvilBinary(), [
    ...["--quiet", "--port", String(port), "--no-mining", "--order", "fifo", "--accounts", "0"],
    ...["--hardfork", "prague", "--prune-history", "64", "--gas-limit", "60000000"],
    ...["--no-request-size-limit", "--chain-id", String(chain.chainId)],
  ]);
  const child = spawn(command, args, { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    try {
      await rpc(url, "eth_chainId");
      break;
    } catch (error) {
      if (attempt > 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return {
    stop: () => child.kill("SIGTERM"),
    async load(from: BenchChain) {
      const response = await fetch(from.url, {
        method: "POST",
        headers: { "content-type": "application/json", "x-peaqos-admin": from.adminFlag },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "anvil_dumpState", params: [] }),
      });
      const { result, error } = (await response.json()) as { result?: Hex; error?: { message: string } };
      if (!result) throw new Error(`anvil_dumpState: ${error?.message}`);
      await rpc(url, "anvil_loadState", [result]);
    },
    /** Transactions a second from the first one sent to the last receipt read, 64 requests in flight. */
    async queueThenMine(
      from: BenchChain,
      machineId: bigint,
      timestamp: number,
      count: number,
    ): Promise<number> {
      const { sign } = await signer({ ...from, url }, "operator");
      const raws: Hex[] = [];
      for (let i = 0; i < count; i++)
        raws.push(await sign(from.deployment.eventRegistry, eventCall(machineId, i, timestamp), 400_000n));
      return rate(count, async () => {
        const hashes = new Array<Hex>(count);
        let next = 0;
        const worker = async () => {
          for (let i = next++; i < count; i = next++)
            hashes[i] = await rpc<Hex>(url, "eth_sendRawTransaction", [raws[i]]);
        };
        await Promise.all(Array.from({ length: 64 }, worker));
        for (let left = count; left > 0; ) {
          await rpc(url, "evm_mine");
          const status = await rpc<{ pending: Hex }>(url, "txpool_status");
          left = Number(status.pending);
        }
        const receipts = await rpcBatch<{ status: Hex } | null>(
          url,
          hashes.map((hash) => ["eth_getTransactionReceipt", [hash]] as const),
        );
        if (receipts.some((receipt) => receipt?.status !== "0x1"))
          throw new Error("a transaction of the anchor failed");
      });
    },
  };
}
