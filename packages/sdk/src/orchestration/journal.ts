/** What a purchase has to remember between two runs. Plain JSON, no secrets. */
export type JournalRecord = { readonly [key: string]: unknown };

/**
 * Where purchases and their signed payments are written down, so that a call after a crash goes on instead of paying
 * again. Ready-made: `memoryJournal()`, and `fileJournal(folder)` of `@peaqos/peaq-os-sdk/node`. One of your own (a
 * database table) needs these three.
 */
export type PurchaseJournal = {
  /** The record of a key, or null. */
  get(key: string): Promise<JournalRecord | null>;
  /**
   * Keeps a new record and resolves when it is durable: true. False when the key has a record, which then stays: of two
   * processes that try at the same time exactly one is told true.
   */
  add(key: string, record: JournalRecord): Promise<boolean>;
  /** Replaces the record of a key and resolves when that is durable. */
  set(key: string, record: JournalRecord): Promise<void>;
};

/**
 * A journal that lives as long as the program: it protects against calls at the same time and after a failure, not
 * after a crash.
 *
 * @example
 * ```ts
 * import { memoryJournal, payWithWallet } from "@peaqos/peaq-os-sdk/orchestration";
 * const pay = payWithWallet(client, memoryJournal());
 * ```
 */
export function memoryJournal(): PurchaseJournal {
  const records = new Map<string, string>();
  return {
    get: async (key) => {
      const text = records.get(key);
      return text === undefined ? null : (JSON.parse(text) as JournalRecord);
    },
    add: async (key, record) => {
      if (records.has(key)) return false;
      records.set(key, JSON.stringify(record));
      return true;
    },
    set: async (key, record) => {
      records.set(key, JSON.stringify(record));
    },
  };
}

const running = new WeakMap<PurchaseJournal, Map<string, Promise<unknown>>>();

/** Runs one task at a time for each key of a journal, in this process. */
export async function alone<T>(journal: PurchaseJournal, key: string, task: () => Promise<T>): Promise<T> {
  let tasks = running.get(journal);
  if (tasks === undefined) {
    tasks = new Map();
    running.set(journal, tasks);
  }
  const before = tasks.get(key) ?? Promise.resolve();
  const mine = before.then(task, task);
  const settled = mine.catch(() => undefined);
  tasks.set(key, settled);
  try {
    return await mine;
  } finally {
    if (tasks.get(key) === settled) tasks.delete(key);
  }
}
