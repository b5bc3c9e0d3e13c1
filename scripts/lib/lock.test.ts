import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { node } from "./command.ts";

const directory = mkdtempSync(join(tmpdir(), "peaqos-install-lock-"));
const path = join(directory, "lock");
const module = JSON.stringify(new URL("./lock.js", import.meta.url).href);
afterEach(() => rmSync(path, { force: true }));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A process that takes the lock, says so, holds it for a moment and lets it go. */
function contender(): Promise<string> {
  const code = `
    import { withLock } from ${module};
    await withLock(${JSON.stringify(path)}, async () => {
      process.stdout.write("in ");
      await new Promise((resolve) => setTimeout(resolve, 30));
      process.stdout.write("out ");
    });`;
  const log = join(directory, "log");
  return new Promise((resolve) => {
    const child = spawn("sh", [
      "-c",
      `"$0" --input-type=module -e "$1" >> "$2" 2>/dev/null`,
      node,
      code,
      log,
    ]);
    child.on("close", (exit) => resolve(String(exit)));
  });
}

test("of installations that start together one works at a time and all get their turn", async () => {
  const exits = await Promise.all(Array.from({ length: 5 }, contender));
  expect(exits).toEqual(["0", "0", "0", "0", "0"]);
  expect(readFileSync(join(directory, "log"), "utf8").trim()).toBe("in out ".repeat(5).trim());
  expect(readdirSync(directory)).toEqual(["log"]);
});

test("a lock whose owner is dead, or that says nothing, is taken over", async () => {
  for (const content of ["999999999", ""]) {
    writeFileSync(path, content);
    expect(await contender()).toBe("0");
  }
});
