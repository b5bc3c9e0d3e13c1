import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openJournal, reasonOf, unfinished } from "./journal.ts";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "peaqos-journal-"));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const now = () => Date.UTC(2026, 3, 23, 15, 0, 18, 482);
const text = () => readFile(join(cwd, "peaqos.log"), "utf8");

test("a row has the published form to the letter", async () => {
  const journal = openJournal(cwd, now);
  await journal.append({
    step: "register",
    status: "confirmed",
    mode: "self",
    machine_id: 42n,
    address: "0xDC5b",
  });
  expect(await text()).toBe(
    '{"address":"0xDC5b","machine_id":42,"mode":"self","status":"confirmed","step":"register","ts":"2026-04-23T15:00:18.482000+00:00"}\n',
  );
  expect((await stat(join(cwd, "peaqos.log"))).mode & 0o777).toBe(0o600);
});

test("secrets are never written, at any depth", async () => {
  const journal = openJournal(cwd, now);
  await journal.append({
    step: "x",
    status: "failed",
    private_key: "s1",
    deep: [{ totp: "s2", privateKey: "s3", kept: 1 }],
  });
  expect(await text()).not.toMatch(/s[123]/);
  expect(await text()).toContain('"deep":[{"kept":1}]');
});

test("half a line of a power cut harms neither what comes before nor after", async () => {
  const journal = openJournal(cwd, now);
  await journal.append({ step: "a", status: "confirmed" });
  await appendFile(journal.file, '{"step":"b","sta');
  await journal.append({ step: "c", status: "confirmed" });
  expect((await journal.read()).map(({ step }) => step)).toEqual(["a", "c"]);
});

test("an open file of a careless umask is closed to others", async () => {
  await writeFile(join(cwd, "peaqos.log"), "", { mode: 0o644 });
  await openJournal(cwd, now).append({ step: "a", status: "confirmed" });
  expect((await stat(join(cwd, "peaqos.log"))).mode & 0o777).toBe(0o600);
});

test("a signed transaction is open until a later row says how it ended", () => {
  const pending = (tx_hash: string) => ({ step: "event", status: "pending", tx_hash }) as const;
  const rows = [
    pending("0xA"),
    pending("0xB"),
    { step: "event", status: "confirmed", tx_hash: "0xa" } as const,
  ];
  expect(unfinished(rows, () => true)).toEqual([rows[1]]);
});

test("a reason is one short line", () => {
  expect(reasonOf(new Error(`first {"secret":1}\nsecond`))).toBe("first");
  expect(reasonOf("x".repeat(500))).toHaveLength(120);
});
