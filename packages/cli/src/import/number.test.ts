import fc from "fast-check";
import { expect, test } from "vitest";
import { ceil, compare, floor, parseNumber, round } from "./number.ts";

test("decimals are exact: 0.1 + 0.2 style surprises cannot happen", () => {
  expect(parseNumber("5.61")).toEqual({ n: 561n, d: 100n });
  expect(parseNumber("1e3")).toEqual({ n: 1000n, d: 1n });
  expect(parseNumber("-0.5e-1")).toEqual({ n: -5n, d: 100n });
  for (const wrong of ["", "1,5", "0x10", "abc", "1.", ".5", "Infinity", "1e999"]) {
    expect(parseNumber(wrong)).toBeUndefined();
  }
});

test("rounding agrees with its definition for every fraction", () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
      fc.bigInt({ min: 1n, max: 1000n }),
      (n, d) => {
        const value = { n, d };
        const low = floor(value);
        const high = ceil(value);
        expect(compare({ n: low, d: 1n }, value)).toBeLessThanOrEqual(0);
        expect(compare({ n: high, d: 1n }, value)).toBeGreaterThanOrEqual(0);
        expect(high - low).toBe(n % d === 0n ? 0n : 1n);
        const near = round(value);
        const twice = 2n * (near * d - n);
        expect(twice <= d && twice >= -d).toBe(true);
        expect(round({ n: -n, d })).toBe(-near);
      },
    ),
  );
});
