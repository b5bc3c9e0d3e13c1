import { expect, test } from "vitest";
import { shown } from "./redaction.ts";

test("a text that is cut stays text: no character is cut in half", () => {
  for (const length of [497, 498, 499, 500]) {
    const text = shown(`${"x".repeat(length)}${"\u{1f600}".repeat(9)}`);
    expect(text.length).toBeLessThanOrEqual(500);
    expect(text.isWellFormed()).toBe(true);
    expect(text.endsWith("…")).toBe(true);
  }
});
