import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson, stringifyJson } from "./json.ts";

const maxUint256 = 2n ** 256n - 1n;

test("an integer beyond 2^53 keeps every digit in both directions", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -maxUint256, max: maxUint256 }), (value) => {
      const text = stringifyJson({ value });
      expect(text).toBe(`{"value":${value}}`);
      const back = parseJson(text) as { value: number | bigint };
      expect(BigInt(back.value)).toBe(value);
    }),
  );
});

test("small integers stay numbers, fractions and exponents stay numbers", () => {
  expect(parseJson('[1, 9007199254740991, 0.25, 1e30, "1234567890123456789"]')).toEqual([
    1,
    9007199254740991,
    0.25,
    1e30,
    "1234567890123456789",
  ]);
  expect(parseJson("0.1234567890123456789")).toBeCloseTo(0.1234567890123);
  expect(parseJson("9007199254740993")).toBe(9007199254740993n);
});

test("ordinary values are written as JSON.stringify writes them", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(stringifyJson(value)).toBe(JSON.stringify(value));
    }),
  );
});

test("text that is not JSON throws a SyntaxError with or without long numbers", () => {
  expect(() => parseJson("{")).toThrow(SyntaxError);
  expect(() => parseJson('{"a": 12345678901234567890')).toThrow(SyntaxError);
});
