import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { keptShift, shiftFor } from "./shift.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "peaqos-demo-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const seconds = (text: string) => Date.parse(text) / 1000;
const lastEnd = seconds("2015-10-04T15:54:06Z");

test.each(["2026-11-22T00:00:00Z", "2026-11-22T23:59:59Z", "2028-03-01T12:00:00Z"])(
  "shifted for %s the last session ends the day before, at its own time of day",
  (text) => {
    const now = seconds(text);
    const shifted = new Date((lastEnd + shiftFor(lastEnd, now)) * 1000).toISOString();
    const dayBefore = new Date((now - 86_400) * 1000).toISOString().slice(0, 10);
    expect(shifted).toBe(`${dayBefore}T15:54:06.000Z`);
  },
);

test("a later run gets the first run's shift, a new chain a new one", () => {
  expect(keptShift(folder, "chain-a", () => 86_400)).toEqual({ seconds: 86_400, kept: false });
  expect(keptShift(folder, "chain-a", () => 172_800)).toEqual({ seconds: 86_400, kept: true });
  expect(keptShift(folder, "chain-b", () => 172_800)).toEqual({ seconds: 172_800, kept: false });
});
