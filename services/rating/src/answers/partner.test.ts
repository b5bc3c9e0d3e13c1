import { expect, test } from "vitest";
import { createPartnerData } from "./partner.ts";

const tooMany = { partner_data_error: "too many data APIs are being asked, try again" };

test("a data API that was not asked because too many were is asked the next time", async () => {
  const { promise, resolve } = Promise.withResolvers<string[]>();
  let asked = 0;
  const partner = createPartnerData({
    allow: "public",
    now: () => 0,
    resolve: () => {
      asked += 1;
      return promise;
    },
  });
  const first = Array.from({ length: 20 }, (_, i) => partner.of(`http://machine-${i}.example/`));
  expect(await partner.of("http://late.example/")).toEqual(tooMany);
  // A reader of one that is being asked shares its answer.
  const shared = partner.of("http://machine-0.example/");
  resolve([]);
  const nameless = { partner_data_error: "the host name has no address" };
  for (const answer of await Promise.all([...first, shared])) expect(answer).toEqual(nameless);
  expect(asked).toBe(20);
  expect(await partner.of("http://late.example/")).toEqual(nameless);
  expect(await partner.of("http://late.example/")).toEqual(nameless);
  expect(asked).toBe(21);
});
