import { spawn } from "node:child_process";
import { join } from "node:path";
import type { Deployment } from "@peaqos/devnet";
import { devnetKey } from "@peaqos/devnet";
import type { Hex } from "viem";
import { type PrivateKeyAccount, privateKeyToAccount } from "viem/accounts";
import { condition, lineOf, node, pinned, root } from "./processes.ts";

export type BenchChain = {
  readonly url: string;
  readonly adminFlag: string;
  readonly chainId: number;
  readonly deployment: Deployment;
  /** A funded account that `startBenchChain` was asked for. */
  account(name: string): PrivateKeyAccount & { readonly privateKey: Hex };
  /** As a power cut would. */
  kill(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * A chain with the contracts deployed, in its own process on core 0. With a data directory every block is on disk
 * before it is acknowledged, and a later call goes on with what is there (its `deployment` is then undefined).
 */
export async function startBenchChain(accounts: readonly string[], dataDir = ""): Promise<BenchChain> {
  const server = join(root, "bench/lib/chain-server.ts");
  const [command, args] = pinned(0, node, [condition, server, dataDir, ...accounts]);
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], cwd: root });
  const [text] = await lineOf(child, /\{.*\}(?=\n)/);
  const { url, adminFlag, chainId, deployment } = JSON.parse(text);
  const exit = new Promise((resolve) => child.once("exit", resolve));
  return {
    url,
    adminFlag,
    chainId,
    deployment,
    account(name) {
      const privateKey = devnetKey(`test ${name}`);
      return { ...privateKeyToAccount(privateKey), privateKey };
    },
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
    async stop() {
      child.stdin.end();
      await exit;
    },
  };
}

let nextId = 0;

/** One JSON-RPC call, or many in one request when `calls` is a list. */
export async function rpc<T>(url: string, method: string, params: readonly unknown[] = []): Promise<T> {
  const [answer] = await rpcBatch<T>(url, [[method, params]]);
  return answer!;
}

export async function rpcBatch<T>(
  url: string,
  calls: readonly (readonly [method: string, params: readonly unknown[]])[],
): Promise<T[]> {
  const body = calls.map(([method, params]) => ({ jsonrpc: "2.0", id: nextId++, method, params }));
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const answers = (await response.json()) as { id: number; result?: T; error?: { message: string } }[];
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  return body.map(({ id, method }) => {
    const answer = byId.get(id);
    if (!answer || answer.error) throw new Error(`${method}: ${answer?.error?.message ?? "no answer"}`);
    return answer.result as T;
  });
}
