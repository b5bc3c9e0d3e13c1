import { expect, test } from "vitest";
import { wrapped } from "./import.ts";
import { dollars, folded, grouped, table } from "./screen.ts";

test("money and counts", () => {
  expect(grouped(1_234_567)).toBe("1,234,567");
  expect(dollars(123_456n)).toBe("1,234.56");
  expect(dollars(5n)).toBe("0.05");
});

test("a table lines its columns up, numbers to the right", () => {
  expect(
    table(
      ["Name", "N", "Word "],
      [
        ["a", "10", "x"],
        ["bb", "9", "yy"],
      ],
    ),
  ).toEqual(["Name   N  Word", "───────────────", "a     10  x", "bb     9  yy"]);
});

test("a long command breaks between options, never inside one, and stays pasteable", () => {
  const lines = wrapped([
    "peaqos",
    "import",
    "a file.csv",
    "--map",
    "value=round(kwh * 1000)",
    "--zone",
    "Z",
    "--where",
    "dollars > 0",
    "--yes",
  ]);
  expect(lines).toEqual([
    "peaqos import 'a file.csv' --map 'value=round(kwh * 1000)' --zone Z \\",
    "  --where 'dollars > 0' --yes",
  ]);
});

test("another program's long line is folded at a blank, a long word stays whole", () => {
  expect(folded("  short")).toEqual(["  short"]);
  expect(folded(`  ${"word ".repeat(20).trim()}`)).toEqual([
    `  ${"word ".repeat(15).trim()}`,
    `    ${"word ".repeat(5).trim()}`,
  ]);
  expect(folded("x".repeat(100))).toEqual(["x".repeat(100)]);
});
