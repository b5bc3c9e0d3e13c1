import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { resolve as absolute, join } from "node:path";
import { DEFAULT_DATA_DIR, type DevnetOptions } from "../options.ts";
import { logTail } from "../process/child.ts";
import { progress } from "./screen.ts";

type Message = { progress?: string; ready?: string; timings?: string; failed?: string };

/** In a detached devnet: tells the waiting terminal. False when nobody waits. */
export function tellParent(message: Message): boolean {
  if (!process.send || process.connected === false) return false;
  process.send(message);
  return true;
}

/** Starts the devnet in the background and waits until it is ready or has failed. */
export async function startDetached(args: string[], options: DevnetOptions): Promise<number> {
  const logs = join(options.dataDir, "logs");
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const file = join(logs, "devnet.log");
  const log = openSync(file, "a", 0o600);
  const script = new URL("./start.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  const cancel = () => void child.kill("SIGTERM");
  process.on("SIGINT", cancel);
  process.on("SIGTERM", cancel);
  return new Promise((resolve) => {
    child.on("message", (message: Message) => {
      if (message.progress) progress(message.progress);
      if (message.failed) {
        process.stderr.write(`peaqOS: ${message.failed}\n`);
        child.removeAllListeners("exit");
        child.on("exit", () => resolve(1));
      }
      if (message.ready === undefined) return;
      console.log(message.ready);
      const where = whereOf(options);
      console.log(`It runs in the background; npm stop${where} ends it, npm run status${where} shows it.`);
      if (options.timings) process.stderr.write(`${message.timings}\n`);
      child.disconnect();
      child.unref();
      child.removeAllListeners("exit");
      resolve(0);
    });
    child.on("exit", (code, signal) => {
      process.stderr.write(
        `peaqOS: the devnet ended while it started (${signal ?? `exit code ${code}`}). Last lines of ${file}:\n${logTail(file)}\n`,
      );
      resolve(code || 1);
    });
  });
}

/** What `npm stop` and `npm run status` need to find this devnet from the same folder. */
function whereOf({ dataDir }: DevnetOptions): string {
  const usual = absolute(process.env.INIT_CWD ?? process.cwd(), DEFAULT_DATA_DIR);
  return dataDir === usual ? "" : ` -- --data-dir ${dataDir}`;
}
