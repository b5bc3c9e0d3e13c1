import { join } from "node:path";
import { expect, test } from "vitest";
import { readSessions } from "./sessions.ts";

test("the data file is the one its README describes", () => {
  const sessions = readSessions(join(import.meta.dirname, "..", "data", "ev-sessions.csv"));
  expect(sessions.rows).toBe(3_395);
  expect(sessions.stations).toHaveLength(105);
  expect(sessions.paid).toBe(379);
  expect(new Date(sessions.lastEnd * 1000).toISOString()).toBe("2015-10-04T15:54:06.000Z");
});
