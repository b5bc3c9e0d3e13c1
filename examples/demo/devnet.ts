import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DevnetFile, readDevnetFile } from "@peaqos/devnet";
import type { Screen } from "./screen.ts";

const root = join(import.meta.dirname, "..", "..");

/** A running devnet; `stop` ends it when the demo started it. */
export type Running = { file: DevnetFile; env: Record<string, string>; own: boolean; stop(): Promise<void> };

/** The devnet of this data directory: the running one, else one that is started for the demo. */
export async function devnetOn(
  dataDir: string,
  portBase: string | undefined,
  screen: Screen,
): Promise<Running> {
  const found = await running(dataDir);
  if (found) return { file: found, env: environment(dataDir), own: false, stop: async () => {} };

  screen.line("No devnet is running here: starting one, to be stopped at the end.");
  const ports = portBase === undefined ? [] : ["--port-base", portBase];
  await script("start", ["--detach", "--data-dir", dataDir, ...ports]);
  const file = await running(dataDir);
  if (!file) throw new Error(`The devnet was started on ${dataDir}, but its chain does not answer.`);
  return {
    file,
    env: environment(dataDir),
    own: true,
    stop: () => script("stop", ["--data-dir", dataDir]),
  };
}

async function running(dataDir: string): Promise<DevnetFile | undefined> {
  const file = readDevnetFile(dataDir);
  if (!file) return undefined;
  try {
    const response = await fetch(file.urls.rpc, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] }),
      signal: AbortSignal.timeout(2_000),
    });
    const { result } = (await response.json()) as { result?: string };
    return Number(result) === file.chain_id ? file : undefined;
  } catch {
    return undefined;
  }
}

/** Runs `npm start` or `npm stop` without npm; its words are shown only when it fails. */
function script(name: "start" | "stop", args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(root, "scripts", "run.js"), name, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let words = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      words += chunk;
    });
    child.on("error", reject);
    // Not "close": the devnet in the background keeps what it inherited open.
    child.on("exit", (code) => {
      child.stderr.destroy();
      if (code === 0) resolve();
      else reject(new Error(`npm ${name} failed (exit code ${code}):\n${words.trim()}`));
    });
  });
}

/** devnet.env as a shell would export it. */
function environment(dataDir: string): Record<string, string> {
  const lines = readFileSync(join(dataDir, "devnet.env"), "utf8").split("\n");
  return Object.fromEntries(
    lines
      .filter((line) => /^[A-Z][A-Z0-9_]*=/.test(line))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
