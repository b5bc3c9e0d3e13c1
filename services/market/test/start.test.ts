import { expect, test } from "vitest";
import { startTestMarket } from "./test-market.ts";

test("a market starts on an empty database, answers health at both paths and errors in its one form", async () => {
  await using market = await startTestMarket();
  expect(await (await fetch(`${market.url}/health`)).json()).toMatchObject({ ok: true });
  const unknown = await fetch(`${market.api}/nothing`);
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({ error: { code: "NOT_FOUND" } });
});
