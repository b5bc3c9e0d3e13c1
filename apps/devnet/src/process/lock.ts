import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Who has a directory. */
export type Holder = { pid: number; startedAt: string; command: string; children: number[] };

export type Lock = {
  holder: Holder;
  /** Who had the directory last, when it did not say goodbye. */
  left: Holder | undefined;
  /** Notes a child process, so that the next holder can recognise one that was left behind. */
  child(pid: number): void;
  release(): void;
};

/** A lock ends with its process and not with the garbage collection of a result that nobody kept. */
const held = new Set<object>();

/** The directory is in use; `holder` says by whom. */
export class DirectoryInUse extends Error {
  readonly directory: string;
  readonly holder: Holder | undefined;

  constructor(directory: string, holder: Holder | undefined, next: string) {
    const who = holder
      ? `process ${holder.pid} ("${holder.command}", since ${holder.startedAt})`
      : "another process (it has not written its name yet)";
    super(`${directory} is in use by ${who}. ${next}`);
    this.name = "DirectoryInUse";
    this.directory = directory;
    this.holder = holder;
  }
}

/**
 * Takes a directory for this process. The lock is the operating system's own on an SQLite file: two processes that ask
 * at the same instant cannot both get it, and it ends with its process, so there are no stale locks to judge.
 * `holder.json` beside it only tells who has it.
 *
 * @param next what the refused person can do, for the message
 */
export function lockDirectory(directory: string, command: string, next: string): Lock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, "lock");
  const note = join(directory, "holder.json");
  let database = tryLock(file);
  // The holder may not have written its name yet, or only looked (npm run status): give it a moment.
  for (let i = 0; !database && i < 25 && !directoryHolder(directory); i++) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    database = tryLock(file);
  }
  if (!database) throw new DirectoryInUse(directory, directoryHolder(directory), next);
  const left = readHolder(note);
  const holder: Holder = { pid: process.pid, startedAt: new Date().toISOString(), command, children: [] };
  const write = () => writeFileSync(note, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  write();
  held.add(database);
  return {
    holder,
    left: left && left.pid > 0 ? left : undefined,
    child(pid) {
      holder.children.push(pid);
      if (held.has(database)) write();
    },
    release() {
      if (!held.delete(database)) return;
      writeFileSync(note, `${JSON.stringify({ ...holder, pid: 0, children: [] })}\n`, { mode: 0o600 });
      database.close();
    },
  };
}

function tryLock(file: string) {
  // Loaded here and not above: a temporary database or chain needs no lock, and older Nodes have no SQLite.
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
  const database = new DatabaseSync(file);
  try {
    // A rollback journal in memory: nothing is ever written, the lock is all that is wanted.
    database.exec("PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (!/locked|busy/i.test(String(error))) throw error;
    return undefined;
  }
}

/** True when some process has the directory. */
export function isLocked(directory: string): boolean {
  const database = tryLock(join(directory, "lock"));
  database?.close();
  return database === undefined;
}

/** Who holds a directory, going by its note; undefined when nobody is said to. */
export function directoryHolder(directory: string): Holder | undefined {
  const holder = readHolder(join(directory, "holder.json"));
  return holder && holder.pid > 0 && alive(holder.pid) ? holder : undefined;
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function readHolder(note: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(note, "utf8")) as Holder;
  } catch {
    return undefined;
  }
}
