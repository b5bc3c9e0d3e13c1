import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { takeLock } from "./guard.ts";

const address = "0xAb5801a7D398351b8bE11C439e05C5B3259aeC9B";

async function stateFolder() {
  const state = await mkdtemp(join(tmpdir(), "peaqos-lock-"));
  onTestFinished(() => rm(state, { recursive: true, force: true }));
  const io = { env: { XDG_STATE_HOME: state } };
  const take = (chainId = 33_380) => takeLock(io, chainId, address);
  // Makes the folder.
  await (await take(1))();
  const folder = join(state, "peaqos");
  return {
    take,
    /** A lock as a process of that number leaves it. */
    leave: (pid: number) =>
      writeFile(join(folder, `import-33380-${address.toLowerCase()}.${pid}.a-name.lock`), ""),
    names: () => readdir(folder),
  };
}

async function childProcess(code: string) {
  const child = spawn(process.execPath, ["-e", code], { stdio: "ignore" });
  await once(child, "spawn");
  return child;
}

/** Guarantees that two imports with one key never run at once, which could store a row twice. */
test("of any number that ask at the same moment no two get the lock, and the next one does", async () => {
  const { take, leave, names } = await stateFolder();
  const dead = await childProcess("");
  await once(dead, "exit");
  await leave(dead.pid!);
  const asked = await Promise.allSettled(Array.from({ length: 20 }, () => take()));
  const got = asked.filter((outcome) => outcome.status === "fulfilled");
  expect(got.length).toBeLessThanOrEqual(1);
  for (const { value: release } of got) await release();
  const release = await take();
  await expect(take()).rejects.toMatchObject({ parts: { code: "IMPORT_RUNNING" } });
  await release();
  expect(await names()).toEqual([]);
});

test("another living process keeps its lock; other chains are another matter", async () => {
  const { take, leave, names } = await stateFolder();
  const other = await childProcess("setInterval(() => {}, 1000)");
  onTestFinished(() => void other.kill("SIGKILL"));
  await leave(other.pid!);
  await expect(take()).rejects.toMatchObject({
    parts: { message: expect.stringContaining(`process ${other.pid}`) },
  });
  await (await take(33_381))();
  expect(await names()).toHaveLength(1);
});

test("a lock of this process's own number is an earlier process's, as in a container", async () => {
  const { take, leave, names } = await stateFolder();
  await leave(process.pid);
  await (await take())();
  expect(await names()).toEqual([]);
});
