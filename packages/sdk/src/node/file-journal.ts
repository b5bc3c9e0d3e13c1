import { randomUUID } from "node:crypto";
import { link, mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { JournalRecord, PurchaseJournal } from "../orchestration/journal.ts";

/**
 * A journal of purchases in a folder: one file for each record, readable by its owner only (mode 0600), on the disk
 * before a call returns. Several processes of one machine may share it.
 *
 * @param folder made (mode 0700) when something is kept for the first time.
 * @throws errors of the file system, from each call.
 * @example
 * ```ts
 * import { payWithWallet } from "@peaqos/peaq-os-sdk/orchestration";
 * import { fileJournal } from "@peaqos/peaq-os-sdk/node";
 * const pay = payWithWallet(client, fileJournal("./purchases"));
 * ```
 */
export function fileJournal(folder: string): PurchaseJournal {
  const fileOf = (key: string) => join(folder, `${encodeURIComponent(key).replaceAll("%", "=")}.json`);
  return {
    get: async (key) => {
      try {
        return JSON.parse(await readFile(fileOf(key), "utf8")) as JournalRecord;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
        throw error;
      }
    },
    add: async (key, record) => {
      const draft = await written(folder, record);
      try {
        // Unlike a rename, a link does not replace what is there.
        await link(draft, fileOf(key));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw error;
      } finally {
        await unlink(draft);
      }
      await synced(folder);
      return true;
    },
    set: async (key, record) => {
      await rename(await written(folder, record), fileOf(key));
      await synced(folder);
    },
  };
}

/** The record in a file of its own, on the disk. */
async function written(folder: string, record: JournalRecord): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = join(folder, `.${randomUUID()}.draft`);
  const handle = await open(draft, "wx", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(record)}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return draft;
}

/** Makes the names in a folder durable; not every system lets a folder be opened for that. */
async function synced(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
