import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { marketErrors } from "@peaqos/protocol/market";
import { Client } from "pg";
import { expect, test } from "vitest";
import { startTestMarket } from "./test-market.ts";

test("a method that a path does not take is 405 METHOD_NOT_ALLOWED and names those it does", async () => {
  await using market = await startTestMarket();
  const answer = await fetch(`${market.api}/machines`, { method: "PUT" });
  expect(answer.status).toBe(405);
  expect(answer.headers.get("allow")?.split(", ").sort()).toEqual(["GET", "POST"]);
  expect(await answer.json()).toMatchObject({ error: { code: "METHOD_NOT_ALLOWED" } });
});

test("a failure of the market itself is 500 INTERNAL_ERROR: a request id, nothing of its inside", async () => {
  await using market = await startTestMarket();
  const client = new Client({ connectionString: market.databaseUrl });
  await client.connect();
  await client.query("alter table policies rename to policies_gone");
  await client.end();
  const answer = await fetch(`${market.api}/policies`);
  expect(answer.status).toBe(500);
  const text = await answer.text();
  expect(JSON.parse(text)).toEqual({
    error: {
      code: "INTERNAL_ERROR",
      message: expect.any(String),
      requestId: answer.headers.get("x-request-id"),
    },
  });
  expect(text).not.toMatch(/policies|select|relation|\.ts/i);
});

test("every code of the table is reached by a test over HTTP", () => {
  const root = join(import.meta.dirname, "..");
  const tests = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts") && !name.includes("node_modules"))
    .map((name) => readFileSync(join(root, name), "utf8"))
    .join("\n");
  expect(Object.keys(marketErrors).filter((code) => !new RegExp(`\\b${code}\\b`).test(tests))).toEqual([]);
});
