import { mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * A destination for a service's log that never stands in the way: on a full disk its lines are lost, where the logger's
 * own file would stop the process from ending until there is room again.
 */
export function logFile(file: string): { write(line: string): void } {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const fd = openSync(file, "a", 0o600);
  return {
    write(line) {
      try {
        writeSync(fd, line);
      } catch {
        // The part that needs the disk for data says what is wrong.
      }
    },
  };
}
