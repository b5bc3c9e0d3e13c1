import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { caughtUp, ratingFixture, register, submit, until } from "./fixture.ts";

/** A source in Frankfurter's form that knows one day: 1 EUR is 2 USD, and 4 GBP. */
async function rateSource(date: string) {
  const server = createServer((request, response) => {
    if (request.url?.startsWith(`/${date}`) !== true) return response.writeHead(404).end();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ amount: 1, base: "EUR", date, rates: { USD: 2, GBP: 4 } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

test("newer rates from the source change amounts that older ones were used for", async () => {
  const today = new Date().toISOString().slice(0, 10);
  await using source = await rateSource(today);
  await using fixture = await ratingFixture({ PEAQOS_FX_URL: source.url });
  const { chain, get } = fixture;
  const machine = await register(chain, "abroad");
  await submit(chain, machine, { type: 0, value: 1_000n, currency: "GBP" });
  await caughtUp(chain, fixture.databaseUrl);
  // 10 GBP at 4 GBP and 2 USD to the EUR: 5 USD.
  const { body } = await until(
    () => get(`/mcr/${machine.did}/inputs`),
    (answer) => answer.body?.items?.[0]?.usd === 500,
  );
  expect(body.items[0]).toMatchObject({ usd_source: "http", scoring_usd: 500 });
  expect((await get(`/mcr/${machine.did}`)).body).toMatchObject({ total_revenue: 500, mcr_degraded: false });
});
