import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { ClientContext } from "@peaqos/peaq-os-sdk";
import { networkError, usageError } from "../engine/errors.ts";
import type { Io } from "../engine/types.ts";
import type { Ui } from "../engine/ui.ts";

/**
 * One import at a time for a key on a chain: two at once would both find a row missing and both send it.
 *
 * Every import puts down a file of its own name and then looks for others. Of two that overlap at least one sees the
 * other and gives way; names never come twice, so what a dead process left can be taken away by anybody.
 */
export async function takeLock(
  io: Pick<Io, "env">,
  chainId: number,
  address: string,
): Promise<() => Promise<void>> {
  const folder = await stateFolder(io);
  const prefix = `import-${chainId}-${address.toLowerCase()}.`;
  const name = `${prefix}${process.pid}.${randomUUID()}.lock`;
  const release = async () => {
    held.delete(name);
    await rm(join(folder, name), { force: true });
  };
  held.add(name);
  try {
    await writeFile(join(folder, name), "", { mode: 0o600, flag: "wx" });
    for (const other of await readdir(folder)) {
      if (other === name || !other.startsWith(prefix)) continue;
      const holder = Number.parseInt(other.slice(prefix.length), 10);
      if (isHeld(other, holder)) throw running(address, holder, join(folder, other));
      await rm(join(folder, other), { force: true });
    }
    return release;
  } catch (error) {
    await release();
    throw error;
  }
}

function running(address: string, holder: number, file: string) {
  return usageError({
    code: "IMPORT_RUNNING",
    message: `Another import with the key of ${address} is running (process ${holder})`,
    value: file,
    rule: "one import at a time for a key, or rows could be stored twice",
    next: "wait for it to end and run this again",
  });
}

/** Locks of this process. */
const held = new Set<string>();

/** A lock of this process's number that it does not know is an earlier process's: containers count from the start. */
function isHeld(name: string, holder: number): boolean {
  return holder === process.pid ? held.has(name) : holder > 0 && isAlive(holder);
}

/** Where locks lie: the user's state folder, or (a service without a home) a private one among the temporary files. */
async function stateFolder(io: Pick<Io, "env">): Promise<string> {
  const home = join(io.env.XDG_STATE_HOME || join(io.env.HOME || homedir(), ".local", "state"), "peaqos");
  const temporary = join(tmpdir(), `peaqos-${process.getuid?.() ?? "user"}`);
  try {
    await mkdir(home, { recursive: true, mode: 0o700 });
    return home;
  } catch {
    await mkdir(temporary, { recursive: true, mode: 0o700 });
    return temporary;
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
