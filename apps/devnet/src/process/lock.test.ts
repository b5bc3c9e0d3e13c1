import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { directoryHolder, isLocked, lockDirectory } from "./lock.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "peaqos-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const module = JSON.stringify(fileURLToPath(new URL("./lock.ts", import.meta.url)));

/** A process that waits for the starting shot, asks for the directory and keeps it until it is ended. */
function contender(at: number) {
  // It ends with its standard input, so that nothing is left when this test is cut short.
  const code = `
    import { lockDirectory } from ${module};
    process.stdin.on("end", () => process.exit()).resume();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, ${at} - 30 - Date.now())));
    while (Date.now() < ${at});
    try { lockDirectory(${JSON.stringify(directory)}, "contender", "Wait."); console.log("got it"); }
    catch (error) { console.log(error.message); }`;
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", code],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const said = new Promise<string>((resolve) => {
    child.stdout.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()));
  });
  const end = () => {
    child.kill("SIGKILL");
    return exited;
  };
  return { pid: child.pid, said, end };
}

test("of many that ask at the same instant exactly one gets the directory, the others are told who", async () => {
  for (let round = 0; round < 2; round++) {
    const start = Date.now() + 1_200;
    const all = Array.from({ length: 8 }, () => contender(start));
    const said = await Promise.all(all.map((each) => each.said));
    const winner = all[said.indexOf("got it")];
    expect(said.filter((text) => text === "got it")).toHaveLength(1);
    for (const text of said)
      if (text !== "got it") expect(text).toContain(`in use by process ${winner?.pid} ("contender"`);
    await Promise.all(all.map((each) => each.end()));
  }
});

test("the lock of a killed process is free at once, and its children are known", async () => {
  const other = contender(0);
  expect(await other.said).toBe("got it");
  expect(isLocked(directory)).toBe(true);
  expect(() => lockDirectory(directory, "me", "Use another.")).toThrow(
    /in use by process \d+.*Use another\./,
  );
  await other.end();
  const lock = lockDirectory(directory, "me", "");
  expect(lock.left?.pid).toBe(other.pid);
  expect(directoryHolder(directory)?.pid).toBe(process.pid);
  lock.release();
  lock.release();
  expect(directoryHolder(directory)).toBeUndefined();
  expect(isLocked(directory)).toBe(false);
});

test("a broken note does not matter: the lock decides", () => {
  lockDirectory(directory, "me", "").release();
  writeFileSync(join(directory, "holder.json"), "{");
  lockDirectory(directory, "me", "").release();
});
