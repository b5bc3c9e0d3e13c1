import { expect, test } from "vitest";
import { distance, suggest } from "./suggest.ts";

test("a swap of neighbours is one slip, like a missing, doubled or wrong letter", () => {
  expect(distance("whomai", "whoami")).toBe(1);
  expect(distance("whoam", "whoami")).toBe(1);
  expect(distance("whoamii", "whoami")).toBe(1);
  expect(distance("whoani", "whoami")).toBe(1);
  expect(distance("", "abc")).toBe(3);
});

test("words that are near come first, far ones not at all", () => {
  const names = ["activate", "completion", "doctor", "init"].map((name) => ({ name }));
  expect(suggest("actvate", names)).toEqual(["activate"]);
  expect(suggest("doktor", names)).toEqual(["doctor"]);
  expect(suggest("zzzzzz", names)).toEqual([]);
});
