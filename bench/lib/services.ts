import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { contractEnv } from "@peaqos/devnet";
import type { BenchChain } from "./chain.ts";
import { condition, lineOf, node, pinned, root } from "./processes.ts";

export type Running = { readonly pid: number; ended(): boolean; stop(): Promise<void> };

export function stopper(child: ChildProcess): Running {
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  return {
    pid: child.pid!,
    ended,
    async stop() {
      if (ended()) return;
      const exit = new Promise((resolve) => child.once("exit", resolve));
      child.stdin?.end();
      child.kill("SIGTERM");
      await exit;
    },
  };
}

/** Starts one of the small servers beside this file and gives what it prints as its first line of JSON. */
export async function startServer<T>(
  file: string,
  args: readonly string[],
  core: number,
): Promise<T & Running> {
  const [command, all] = pinned(core, node, [condition, join(root, "bench/lib", file), ...args]);
  const child = spawn(command, all, { stdio: ["pipe", "pipe", "pipe"], cwd: root });
  const [text] = await lineOf(child, /\{.*\}(?=\n)/);
  return { ...(JSON.parse(text) as T), ...stopper(child) };
}

/** Environment of a rating service that follows the chain. */
export function ratingEnv(chain: BenchChain, databaseUrl: string, port: number): Record<string, string> {
  return {
    PEAQOS_RPC_URL: chain.url,
    DATABASE_URL: databaseUrl,
    ...contractEnv(chain.deployment),
    PEAQOS_MCR_PORT: String(port),
    PEAQOS_MCR_RATE_LIMIT: "0",
    // As the devnet sets it.
    PEAQOS_MCR_POLL_MS: "50",
  };
}

/** The rating service's own main program, as in production. */
export function startRating(env: Record<string, string>, core: number): Running {
  const [command, args] = pinned(core, node, [condition, join(root, "services/rating/src/main.ts")]);
  const child = spawn(command, args, {
    stdio: ["pipe", "ignore", "inherit"],
    cwd: root,
    env: { ...process.env, ...env },
  });
  return stopper(child);
}
