import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Holder } from "./process/lock.ts";
import { directoryHolder, isLocked } from "./process/lock.ts";

/** Who runs a devnet on the directory. The lock decides, not the note: a process id may belong to somebody else by now. */
export function runningHolder(dataDir: string): Holder | undefined {
  if (!existsSync(join(dataDir, "lock")) || !isLocked(dataDir)) return undefined;
  return directoryHolder(dataDir);
}
