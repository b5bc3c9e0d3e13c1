import { expect, test } from "vitest";
import { createLogger, withoutCredentials } from "./log.ts";

test("secrets never reach the log", () => {
  const lines: string[] = [];
  const logger = createLogger(
    { service: "things", level: "info" },
    { write: (line) => void lines.push(line) },
  );
  logger.info({
    password: "hunter2",
    headers: { authorization: "Bearer hunter2" },
    deep: { a: { token: "hunter2" } },
  });
  expect(lines.join()).not.toContain("hunter2");
  expect(lines.join()).toContain("[redacted]");
});

test("a URL is shown without user, password and query", () => {
  expect(withoutCredentials("postgres://me:secret@db:5432/rating?sslkey=x")).toBe(
    "postgres://db:5432/rating",
  );
  expect(withoutCredentials("https://rpc.example/?key=secret")).toBe("https://rpc.example");
  expect(withoutCredentials("secret")).toBe("[not a URL]");
});
