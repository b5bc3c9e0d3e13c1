import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { JournalEntry } from "./journal.ts";
import { Journal, readJournal } from "./journal.ts";

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "peaqos-journal-"));
  file = join(directory, "journal-0.log");
});
afterEach(() => rmSync(directory, { recursive: true }));

const entries: JournalEntry[] = [
  { kind: "block", time: 1, txs: ["0x01", "0x02"], parent: "0xaa" },
  { kind: "call", method: "anvil_setBalance", params: ["0x1", "0x2"] },
  { kind: "clock", offset: -5, automine: true },
];

async function written(): Promise<void> {
  const journal = new Journal(file);
  await Promise.all(entries.map((entry) => journal.append(entry)));
  journal.close();
}

test("gives back what was appended, in order", async () => {
  await written();
  expect(readJournal(file)).toEqual(entries);
  expect(readJournal(join(directory, "none"))).toEqual([]);
});

test("drops a last line cut short at any byte, and goes on behind the good ones", async () => {
  await written();
  const whole = readFileSync(file);
  const lastLine = whole.lastIndexOf(10, whole.length - 2) + 1;
  for (let cut = lastLine; cut < whole.length; cut++) {
    writeFileSync(file, whole);
    truncateSync(file, cut);
    expect(readJournal(file)).toEqual(entries.slice(0, 2));
    const journal = new Journal(file);
    await journal.append(entries[2] as JournalEntry);
    journal.close();
    expect(readJournal(file)).toEqual(entries);
  }
});

test("drops a tail of zeros, as a power cut leaves it on some file systems", async () => {
  await written();
  appendFileSync(file, Buffer.alloc(512));
  expect(readJournal(file)).toEqual(entries);
});

test("refuses a file that is damaged in the middle: that is no crash", async () => {
  await written();
  const text = readFileSync(file, "utf8").replace("anvil_setBalance", "anvil_setbalance");
  writeFileSync(file, text);
  expect(() => readJournal(file)).toThrow(/damaged in the middle.*--reset/);
});
