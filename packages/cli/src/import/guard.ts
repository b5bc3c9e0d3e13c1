import { mkdir, open, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ClientContext } from "@peaqos/peaq-os-sdk";
import { networkError, usageError } from "../engine/errors.ts";
import type { Io } from "../engine/types.ts";
import type { Ui } from "../engine/ui.ts";

/**
 * One import at a time for a key on a chain: two at once would both find a row missing and both send it.
 * The lock of a process that died is taken over.
 */
export async function takeLock(
  io: Pick<Io, "env">,
  chainId: number,
  address: string,
): Promise<() => Promise<void>> {
  const folder = join(io.env.XDG_STATE_HOME || join(io.env.HOME || homedir(), ".local", "state"), "peaqos");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `import-${chainId}-${address.toLowerCase()}.lock`);
  for (let tries = 0; ; tries++) {
    try {
      const handle = await open(file, "wx", 0o600);
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const holder = Number(await readFile(file, "utf8").catch(() => "0"));
    if (tries > 3 || (holder > 0 && isAlive(holder))) {
      throw usageError({
        code: "IMPORT_RUNNING",
        message: `Another import with the key of ${address} is running (process ${holder})`,
        value: file,
        rule: "one import at a time for a key, or rows could be stored twice",
        next: "wait for it to end and run this again",
      });
    }
    await rm(file, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

export type Patience = { readonly timeoutMs: number; readonly everyMs: number };

/**
 * Waits until the account has no transaction under way. A run that was killed may have sent some: they have to be in
 * a block before the chain can say which rows it holds.
 */
export async function waitForQuiet(
  client: ClientContext,
  ui: Pick<Ui, "line">,
  patience: Patience = { timeoutMs: 120_000, everyMs: 500 },
): Promise<void> {
  const { rpc } = client.chain;
  for (let waited = 0; ; waited += patience.everyMs) {
    const [latest, pending] = (
      await Promise.all(
        ["latest", "pending"].map((tag) =>
          rpc.request<string>("eth_getTransactionCount", [client.address, tag]),
        ),
      )
    ).map(BigInt) as [bigint, bigint];
    if (pending <= latest) return;
    if (waited === 0)
      ui.line(`${pending - latest} transactions of ${client.address} are under way; waiting for them`);
    if (waited >= patience.timeoutMs) {
      throw networkError({
        code: "STILL_PENDING",
        message: `${pending - latest} transactions of ${client.address} are still not in a block after ${patience.timeoutMs / 1000} s`,
        value: client.address,
        rule: "what is under way has to end before anybody can say which rows are missing",
        next: "run the same command again later",
      });
    }
    await new Promise((resolve) => setTimeout(resolve, patience.everyMs));
  }
}
