import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { parseDataDir } from "../options.ts";
import { alive } from "../process/lock.ts";
import { runningHolder } from "../running.ts";
import { complain } from "./screen.ts";

const HELP = `Ends a devnet that was started with npm start. Everything is kept for the next start.

Usage: npm stop [-- --data-dir DIR]

Example: npm stop -- --data-dir /tmp/peaqos`;

process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  try {
    const options = parseDataDir(args, process.env.INIT_CWD ?? process.cwd(), "npm stop");
    if (options === "help") {
      console.log(HELP);
      return 0;
    }
    const { dataDir } = options;
    const holder = existsSync(dataDir) ? runningHolder(dataDir) : undefined;
    if (!holder) {
      console.log(`peaqOS is not running on ${dataDir}.`);
      return 0;
    }
    process.kill(holder.pid, "SIGTERM");
    const deadline = performance.now() + 20_000;
    while (alive(holder.pid)) {
      if (performance.now() > deadline) {
        throw new Error(
          `process ${holder.pid} did not end within 20 s. Look into ${dataDir}/logs, then: kill -9 ${holder.pid}`,
        );
      }
      await pause(15);
    }
    console.log(`peaqOS on ${dataDir} has ended.`);
    return 0;
  } catch (error) {
    return complain(error);
  }
}
