import { expect, test } from "vitest";
import { blocksOf, matches } from "./blocks.ts";

const page = (text: string) => blocksOf(text.replaceAll("'''", "```"), "page.md");

test("blocks keep their order, line and expected output", () => {
  const text = [
    "# Title",
    "'''sh",
    "echo a",
    "'''",
    "",
    "'''text output",
    "a",
    "'''",
    "'''json",
    "{}",
    "'''",
  ].join("\n");
  expect(page(text)).toEqual([
    { line: 2, kind: "sh", code: "echo a", output: "a" },
    { line: 9, kind: "json", code: "{}" },
  ]);
});

test("a block inside a list loses the list's indentation", () => {
  expect(page("1. do\n   '''sh\n   echo a\n     b\n   '''")[0]?.code).toBe("echo a\n  b");
});

test("a block that does not run says why", () => {
  expect(page("'''sh no-run: needs a wallet with real money\nx\n'''")[0]).toMatchObject({
    kind: "not run",
    reason: "needs a wallet with real money",
  });
  expect(() => page("'''sh no-run:\nx\n'''")).toThrow("page.md:1");
});

test("an unknown language, a stray output and an open block are errors with their line", () => {
  expect(() => page("'''rust\nx\n'''")).toThrow('this one: "rust"');
  expect(() => page("\n'''text output\nx\n'''")).toThrow("page.md:2");
  expect(() => page("'''sh\nx")).toThrow("without an end");
});

test("an ellipsis stands for any text in a line, alone for any number of lines", () => {
  expect(matches("score … of 100", "score 45 of 100\n")).toBe(true);
  expect(matches("score … of 100", "score 45 of 10")).toBe(false);
  expect(matches("a\n…\nz", "a\nb\nc\nz")).toBe(true);
  expect(matches("a\n…\nz", "a\nz")).toBe(true);
  expect(matches("a\n…", "a\nb\n")).toBe(true);
  expect(matches("a.c", "abc")).toBe(false);
});
