import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { toSortedJson } from "../engine/json.ts";

export type JournalStatus = "pending" | "skipped" | "failed" | "confirmed";

/** One line of `peaqos.log`. Keys are sorted when it is written. */
export type JournalRow = {
  readonly step: string;
  readonly status: JournalStatus;
  readonly tx_hash?: string | undefined;
  readonly [key: string]: unknown;
};

/** Never written, at any depth. */
const SECRET_KEYS = new Set(["totp", "TOTP", "private_key", "privateKey", "PEAQOS_PRIVATE_KEY"]);

/**
 * `./peaqos.log`: one JSON object per line, keys sorted, no blanks, readable by its owner only. Rows are appended
 * whole; a `pending` row is on the disk before its transaction leaves.
 */
export type Journal = {
  readonly file: string;
  append(row: JournalRow): Promise<void>;
  /** Rows of earlier runs, oldest first; lines that cannot be read are left out. */
  read(): Promise<JournalRow[]>;
};

export function openJournal(cwd: string, now: () => number): Journal {
  const file = join(cwd, "peaqos.log");
  return {
    file,
    append: async (row) => {
      const line = `${toSortedJson({ ...withoutSecrets(row), ts: timestamp(now()) })}\n`;
      const handle = await open(file, "a+", 0o600);
      try {
        const info = await handle.stat();
        const { size } = info;
        if (info.isFile() && (info.mode & 0o077) !== 0) await handle.chmod(0o600);
        // A power cut can leave half a line: the next row begins on its own.
        const last = Buffer.alloc(1);
        if (size > 0) await handle.read(last, 0, 1, size - 1);
        await handle.appendFile(size > 0 && last[0] !== 0x0a ? `\n${line}` : line);
        if (row.status === "pending") await handle.datasync();
      } finally {
        await handle.close();
      }
    },
    read: async () => {
      const text = await tail(file);
      return text.split("\n").flatMap((line) => {
        try {
          const row: unknown = JSON.parse(line);
          return row !== null && typeof row === "object" && "step" in row ? [row as JournalRow] : [];
        } catch {
          return [];
        }
      });
    },
  };
}

/** What an open transaction could still stand in: the log is never cut, so only its end is read. */
const TAIL_BYTES = 4_000_000;

async function tail(file: string): Promise<string> {
  let handle: FileHandle;
  try {
    handle = await open(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
  try {
    const info = await handle.stat();
    if (!info.isFile()) return "";
    const start = Math.max(0, info.size - TAIL_BYTES);
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(info.size - start),
      0,
      info.size - start,
      start,
    );
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await handle.close();
  }
}

function withoutSecrets(value: unknown): Record<string, unknown> {
  const walk = (entry: unknown): unknown => {
    if (Array.isArray(entry)) return entry.map(walk);
    if (entry === null || typeof entry !== "object") return entry;
    return Object.fromEntries(
      Object.entries(entry)
        .filter(([key, inner]) => !SECRET_KEYS.has(key) && inner !== undefined)
        .map(([key, inner]) => [key, walk(inner)]),
    );
  };
  return walk(value) as Record<string, unknown>;
}

/** `2026-04-23T15:00:18.482000+00:00`. */
export function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000+00:00");
}

/** One line, at most 120 characters, nothing from the first brace on: for `reason` keys. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split(/[\n{]/)[0]!.trim().slice(0, 120);
}

/** Hashes that were signed and about which no later row says how they ended. */
export function unfinished(rows: readonly JournalRow[], matches: (row: JournalRow) => boolean): JournalRow[] {
  const ended = new Set(
    rows.filter(({ status }) => status !== "pending").map(({ tx_hash }) => tx_hash?.toLowerCase()),
  );
  return rows.filter(
    (row) =>
      row.status === "pending" &&
      row.tx_hash !== undefined &&
      !ended.has(row.tx_hash.toLowerCase()) &&
      matches(row),
  );
}
