import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Child } from "../process/child.ts";
import { spawnChild } from "../process/child.ts";
import { freePort } from "../process/ports.ts";
import type { Upstream } from "./upstream.ts";
import { connectUpstream } from "./upstream.ts";

export type AnvilOptions = { chainId: number; genesisTime: number; logFile: string };

export type Anvil = { child: Child; port: number; upstream: Upstream };

/**
 * Starts Anvil on a free port and waits for its first answer. It mines only when told, in the order of arrival,
 * has no accounts of its own, and keeps little history in memory and none on disk (without `--prune-history`
 * Anvil 1.7.1 writes a file per block into the user's home).
 */
export async function startAnvil(options: AnvilOptions): Promise<Anvil> {
  const command = anvilBinary();
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = spawnChild({
      name: "Anvil",
      command,
      logFile: options.logFile,
      args: [
        ...["--quiet", "--host", "127.0.0.1", "--port", String(port)],
        ...["--no-mining", "--order", "fifo", "--accounts", "0", "--hardfork", "prague"],
        ...["--prune-history", "64", "--gas-limit", String(BLOCK_GAS_LIMIT), "--no-request-size-limit"],
        ...["--chain-id", String(options.chainId), "--timestamp", String(options.genesisTime)],
      ],
    });
    const upstream = connectUpstream(port);
    if (await firstAnswer(child, upstream)) return { child, port, upstream };
    upstream.close();
    // The only known reason to end at once is a port somebody else took in between.
    if (attempt === 3) {
      throw new Error(`Anvil ended before it answered. Last lines of ${options.logFile}:\n${child.tail()}`);
    }
  }
}

const BLOCK_GAS_LIMIT = 60_000_000;

async function firstAnswer(child: Child, upstream: Upstream): Promise<boolean> {
  const deadline = performance.now() + 15_000;
  while (child.running()) {
    try {
      await upstream.call("web3_clientVersion");
      return child.running();
    } catch {
      if (performance.now() > deadline) break;
      await pause(3);
    }
  }
  await child.stop(0);
  return false;
}

/** The platform's binary, not the package's Node wrapper (which costs 0.18 s a start). */
export function anvilBinary(): string {
  const os = { linux: "linux", darwin: "darwin", win32: "win32" }[process.platform as string];
  const cpu = { x64: "amd64", arm64: "arm64" }[process.arch as string];
  const name = `@foundry-rs/anvil-${os}-${cpu}`;
  const wrapper = createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json");
  try {
    const root = dirname(createRequire(wrapper).resolve(`${name}/package.json`));
    const path = join(root, "bin", process.platform === "win32" ? "anvil.exe" : "anvil");
    if (existsSync(path)) return path;
  } catch {
    // told below
  }
  throw new Error(
    `The package ${name} with Anvil's binary is not installed. Run "npm ci" again (not with --omit=optional).`,
  );
}
