import { pino } from "pino";
import { expect, test } from "vitest";
import { createShutdown } from "./shutdown.ts";

const logger = pino({ level: "silent" });

test("parts close once, in the order opposite to opening, whatever one of them does", async () => {
  const closed: string[] = [];
  const shutdown = createShutdown({ graceMs: 20, logger });
  shutdown.add("database", () => void closed.push("database"));
  shutdown.add("stuck", () => new Promise(() => undefined));
  shutdown.add("broken", () => {
    throw new Error("broken");
  });
  shutdown.add("server", () => void closed.push("server"));
  expect(shutdown.started).toBe(false);
  await Promise.all([shutdown.run(), shutdown.run()]);
  expect(shutdown.started).toBe(true);
  expect(closed).toEqual(["server", "database"]);
});
