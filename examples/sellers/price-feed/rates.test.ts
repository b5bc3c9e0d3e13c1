import { join } from "node:path";
import { expect, test } from "vitest";
import { ecbSnapshot } from "../../../services/rating/src/fx/snapshot.ts";
import { readData } from "../csv.ts";
import { divided, latestPrices } from "./rates.ts";

/** Business days in the file: a quarter. */
const DAYS = 64;

test("rates are those of the rating service's snapshot: vitest -u writes the file anew", async () => {
  const { head } = ecbSnapshot();
  const newest = Date.parse(`${head.to}T00:00:00Z`) / 86_400_000;
  const codes = head.currencies.map(([code]) => code);
  const rows: string[][] = [];
  for (let day = newest; rows.length < DAYS; day -= 1) {
    const rates = codes.map((code) => {
      const pair = ecbSnapshot().pairOn(code, day);
      if (pair?.day !== day || pair.currency === null) return "";
      const { mantissa, scale } = pair.currency;
      const digits = mantissa.toString().padStart(scale + 1, "0");
      return scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
    });
    if (rates.some((rate) => rate !== ""))
      rows.unshift([new Date(day * 86_400_000).toISOString().slice(0, 10), ...rates]);
  }
  const used = ["date", ...codes].map((_, column) => rows.some((row) => row[column] !== ""));
  const lines = [["date", ...codes], ...rows].map((row) => row.filter((_, column) => used[column]).join(","));
  const file = join(import.meta.dirname, "..", "..", "data", "ecb-rates.csv");
  await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(file);
});

test("a price against the euro is the published one, any other pair the quotient of two", () => {
  const latest = latestPrices();
  const newest = readData("ecb-rates.csv").at(-1)!;
  expect(latest("EUR", "USD")).toEqual({ price: newest.USD, date: newest.date });
  expect(latest("JPY", "JPY").price).toBe("1");
  expect(latest("USD", "EUR").price).toBe(divided("1", newest.USD!));
  expect(latest("USD", "JPY").price).toBe(divided(newest.JPY!, newest.USD!));
  expect(Number(latest("USD", "JPY").price)).toBeCloseTo(Number(newest.JPY) / Number(newest.USD), 4);
  expect(() => latest("EUR", "XYZ")).toThrow("no rate for XYZ");
});

test.each([
  ["1", "3", "0.33333333"],
  ["2", "3", "0.66666667"],
  ["1", "1.25", "0.8"],
  ["18000.5", "1.25", "14400.4"],
  ["1", "18000", "0.000055555556"],
  ["123456789", "1", "123456789"],
  ["1234567895", "10", "123456790"],
  ["0.1", "1", "0.1"],
  ["999999995", "10", "100000000"],
])("%s / %s = %s", (left, right, quotient) => {
  expect(divided(left, right)).toBe(quotient);
});
