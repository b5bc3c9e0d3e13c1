import fc from "fast-check";
import { expect, test } from "vitest";
import {
  addAmounts,
  compareAmounts,
  decimalOf,
  fromBaseUnits,
  textOf,
  toBaseUnits,
  toWireAmount,
} from "./money.ts";

/** Guarantees that no amount of money is changed by reading, comparing or converting it. */

const units = fc.bigInt({ min: -(10n ** 60n), max: 10n ** 60n });
const places = fc.integer({ min: 0, max: 36 });

test("text of base units reads back to the same units", () => {
  fc.assert(
    fc.property(units, places, (value, scale) => toBaseUnits(fromBaseUnits(value, scale), scale) === value),
  );
});

test("comparison agrees with the comparison of whole units, also with needless zeros", () => {
  fc.assert(
    fc.property(units, units, places, fc.integer({ min: 0, max: 5 }), (a, b, scale, zeros) => {
      const padded = `${fromBaseUnits(a, scale)}${fromBaseUnits(a, scale).includes(".") ? "" : "."}${"0".repeat(zeros + 1)}`;
      expect(compareAmounts(padded, fromBaseUnits(b, scale))).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});

test("sums are exact and independent of order", () => {
  fc.assert(
    fc.property(fc.array(units, { maxLength: 8 }), places, (values, scale) => {
      const texts = values.map((value) => fromBaseUnits(value, scale));
      const sum = values.reduce((total, value) => total + value, 0n);
      expect(addAmounts(...texts)).toBe(fromBaseUnits(sum, scale));
      expect(addAmounts(...texts.toReversed())).toBe(addAmounts(...texts));
    }),
  );
});

test("a number means the decimal it is written as", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }), (value) => {
      expect(Number(textOf(decimalOf(value)))).toBe(value === 0 ? 0 : value);
    }),
  );
});

test("rounding to base units moves by half a unit at most, and a half goes up", () => {
  fc.assert(
    fc.property(units, fc.integer({ min: 1, max: 12 }), (value, extra) => {
      const step = 10n ** BigInt(extra);
      const rounded = toBaseUnits(fromBaseUnits(value, 6 + extra), 6);
      const error = rounded * step - value;
      expect((error < 0n ? -error : error) * 2n <= step).toBe(true);
    }),
  );
  expect(toBaseUnits("0.0000005", 6)).toBe(1n);
  expect(toBaseUnits("0.00000049999", 6)).toBe(0n);
  expect(toBaseUnits("-0.0000005", 6)).toBe(-1n);
});

test("examples", () => {
  expect(compareAmounts("1.0", 1)).toBe(0);
  expect(compareAmounts(0.1, "0.1")).toBe(0);
  expect(addAmounts(0.1, 0.2)).toBe("0.3");
  expect(toBaseUnits("1.5", 6)).toBe(1_500_000n);
  expect(toBaseUnits(1e21, 0)).toBe(10n ** 21n);
  expect(toWireAmount("0.1234565")).toBe(0.123456);
  expect(toWireAmount("0.1234575")).toBe(0.123458);
  expect(toWireAmount("-0.1234565001")).toBe(-0.123457);
  expect(toWireAmount("1.50")).toBe(1.5);
});

test.each(["", " 1", "1,5", "0x10", "1.", ".5", "NaN", "Infinity", "1e9999", "٣", `${"9".repeat(300)}`])(
  "%j is no amount",
  (text) => {
    expect(() => decimalOf(text)).toThrow('an amount must be a decimal such as "1.50"');
  },
);

test.each([-1, 37, 1.5, Number.NaN])("%d decimals are refused", (decimals) => {
  expect(() => toBaseUnits("1", decimals)).toThrow("decimals of a token must be a whole number from 0 to 36");
});
