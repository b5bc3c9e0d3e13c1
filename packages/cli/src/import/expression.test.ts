import { expect, test } from "vitest";
import { parseExpression } from "./expression.ts";

const columns = ["kwh", "dollars", "started_at", "ended_at", "site name", "round"];
const cells = {
  kwh: "5.615",
  dollars: "0.58",
  started_at: "2014-11-18 15:01:17",
  ended_at: "2014-11-18 18:26:04",
  "site name": "A 1",
  round: "7",
};
const value = (source: string, zone = "Z") => parseExpression(source, columns).evaluate(cells, zone);
const fraction = (source: string) => {
  const result = value(source);
  if (!("number" in result)) throw new Error("no number");
  return Number(result.number.n) / Number(result.number.d);
};

test("columns, arithmetic, rounding and times", () => {
  expect(value("kwh")).toEqual({ text: "5.615" });
  expect(fraction("kwh * 1000")).toBe(5615);
  expect(fraction("round(dollars * 100)")).toBe(58);
  expect(fraction("(kwh + 1) / 2 - -1")).toBeCloseTo(4.3075);
  expect(fraction("time(ended_at) - time(started_at)")).toBe(12287);
  expect(fraction("2 + 3 * 4")).toBe(14);
  expect(value("{site name}")).toMatchObject({ text: "A 1" });
});

test("a column may be called like a function", () => {
  expect(fraction("round * 2")).toBe(14);
  expect(fraction("round(round / 2)")).toBe(4);
});

test("comparisons, on numbers as numbers", () => {
  expect(value("dollars > 0")).toEqual({ truth: true });
  expect(value("kwh >= 5.6150")).toEqual({ truth: true });
  expect(value("{site name} = 'A 1'")).toEqual({ truth: true });
  expect(value('{site name} != "A 1"')).toEqual({ truth: false });
});

test.each([
  ["nothing_there * 2", "there is no column nothing_there"],
  ["kwh *", "it ends too early"],
  ["kwh ) 2", "out of place"],
  ["(kwh", '")" is missing'],
  ["kwh ; 2", "cannot read"],
])("%s: %s", (source, message) => {
  expect(() => parseExpression(source, columns)).toThrow(message);
});

test("a cell that is no number is named with its column", () => {
  const expression = parseExpression("kwh * 2", columns);
  expect(() => expression.evaluate({ ...cells, kwh: "n/a" }, "Z")).toThrow("must be a number");
  try {
    expression.evaluate({ ...cells, kwh: "n/a" }, "Z");
  } catch (error) {
    expect(error).toMatchObject({ column: "kwh", value: "n/a" });
  }
});

test("a time without a zone needs one", () => {
  const expression = parseExpression("time(started_at)", columns);
  expect(() => expression.evaluate(cells, undefined)).toThrow("--zone");
  expect(() => expression.evaluate({ ...cells, started_at: "2014-02-30 10:00:00" }, "Z")).toThrow("ISO 8601");
});

test("division by zero is the row's problem", () => {
  expect(() => value("kwh / (round - 7)")).toThrow("divides by zero");
});
