import { expect, test } from "vitest";
import { temporaryFolder } from "../../seller-template/call.fixture.ts";
import { createConsoleSeller } from "./seller.ts";

test("hands off to a page that it serves itself; there is nothing to call", async () => {
  using folder = temporaryFolder();
  const seller = await createConsoleSeller({ port: 0, dataDir: folder.path });
  const listing = seller.listing();
  expect(listing).toMatchObject({
    executionMode: "external-handoff",
    integrationStatus: "partner-required",
    payment: { defaultRail: "not-required", required: false },
    endpoints: [],
    operations: ["open-console"],
    operationContracts: [{ operation: "open-console", exampleInput: {}, providerRequest: null }],
    handoff: { label: "Open the partner console", url: `${seller.url}/console`, notes: [expect.any(String)] },
  });
  const page = await fetch(listing.handoff!.url);
  const text = await page.text();
  expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(text).toContain("<h1>Charging network: roaming partners</h1>");
  expect(text).not.toMatch(/<script|https?:/);
  expect((await fetch(listing.metadata.healthUrl)).status).toBe(200);
  expect((await fetch(listing.handoff!.url, { method: "POST" })).status).toBe(404);
  await seller.stop();
});
