import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DAY = 86_400;

/**
 * Whole days, in seconds, that bring the sessions up to now: the last one then ended the day before `now`. Whole days,
 * so that every session keeps its time of day.
 */
export function shiftFor(lastEnd: number, now: number): number {
  return (Math.floor(now / DAY) - 1 - Math.floor(lastEnd / DAY)) * DAY;
}

/**
 * The shift of the first run on this chain, made and kept when this is the first: the same constant on every run, or
 * the same session would come out as another event. A new chain (npm start -- --reset) begins with a new shift.
 */
export function keptShift(
  dataDir: string,
  chain: string,
  fresh: () => number,
): { seconds: number; kept: boolean } {
  const file = join(dataDir, "demo.json");
  try {
    const saved = JSON.parse(readFileSync(file, "utf8")) as { chain: string; shift_seconds: number };
    if (saved.chain === chain && Number.isSafeInteger(saved.shift_seconds))
      return { seconds: saved.shift_seconds, kept: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" && !(error instanceof SyntaxError)) throw error;
  }
  const seconds = fresh();
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify({ chain, shift_seconds: seconds }, null, 2)}\n`, {
    mode: 0o600,
    flush: true,
  });
  renameSync(temporary, file);
  return { seconds, kept: false };
}
