import { expect, test } from "vitest";
import { commands } from "../commands/table.ts";
import { runCli } from "../test/run-cli.ts";
import { GLOBAL_OPTIONS } from "./globals.ts";

/** What fingers do to a word: two neighbours swapped, a letter lost, doubled, or taken from the next key. */
const NEIGHBOURS: Record<string, string> = {
  a: "s",
  b: "v",
  c: "x",
  d: "f",
  e: "r",
  f: "g",
  g: "h",
  h: "j",
  i: "o",
  j: "k",
  k: "l",
  l: "k",
  m: "n",
  n: "m",
  o: "p",
  p: "o",
  q: "w",
  r: "t",
  s: "d",
  t: "y",
  u: "i",
  v: "c",
  w: "e",
  x: "c",
  y: "u",
  z: "x",
  "-": "_",
};
const swap = (word: string, at: number) => word.slice(0, at) + word[at + 1]! + word[at]! + word.slice(at + 2);
const lose = (word: string, at: number) => word.slice(0, at) + word.slice(at + 1);
const double = (word: string, at: number) => word.slice(0, at) + word[at]! + word.slice(at);
const slip = (word: string, at: number) =>
  word.slice(0, at) + (NEIGHBOURS[word[at]!] ?? "x") + word.slice(at + 1);

/** Misspellings of one word, at places that move with the word; never the word itself. */
function misspell(word: string): string[] {
  const middle = Math.floor(word.length / 2);
  const all = [
    swap(word, Math.max(0, middle - 1)),
    lose(word, middle),
    double(word, 1),
    slip(word, word.length - 1),
    slip(word, middle),
  ];
  return [...new Set(all)].filter((text) => text !== word && text.length >= 2);
}

/** Words people type from memory of other tools. */
const FROM_MEMORY: [line: string, expected: string][] = [
  ["register", "activate"],
  ["mcr", "qualify mcr"],
  ["event", "qualify event"],
  ["import", "qualify import"],
  ["rating", "qualify mcr"],
  ["submit", "qualify event"],
  ["fleet", "show operator machines"],
  ["setup", "init"],
  ["diagnose", "doctor"],
  ["operator machines", "show operator machines"],
  ["Whoami", "whoami"],
  ["who-am-i", "whoami"],
  ["qualify event --timestamp 1", "--ts"],
  ["qualify event --machine 1", "--machine-id"],
  ["qualify event --tx 0x", "--source-tx"],
  ["qualify event --amount 1", "--value"],
  ["qualify event --MACHINE-ID 1", "--machine-id"],
  ["qualify event --machine_id 1", "--machine-id"],
  ["qualify import x --filter y", "--where"],
  ["qualify import x --timezone Z", "--zone"],
  ["qualify import x --dry", "--dry-run"],
  ["activate --doc x", "--doc-url"],
  ["activate --documentation-url x", "--doc-url"],
  ["activate --key x", "--machine-key"],
  ["init --overwrite", "--force"],
  ["init --no-input", "--non-interactive"],
  ["qualify mcr x --why", "--explain"],
  ["show operator machines x --skip 3", "--offset"],
  ["whoami --debug", "--verbose"],
  ["whoami --silent", "--quiet"],
];

function cases(): [line: string[], expected: string][] {
  const all: [string[], string][] = [];
  for (const { path, options } of commands) {
    const last = path.at(-1)!;
    for (const wrong of misspell(last)) all.push([[...path.slice(0, -1), wrong], path.join(" ")]);
    for (const name of Object.keys(options)) {
      for (const wrong of misspell(name).slice(0, 3)) {
        if (!Object.hasOwn(options, wrong) && !wrong.startsWith("-")) {
          all.push([[...path, `--${wrong}`], `--${name}`]);
        }
      }
    }
  }
  for (const name of Object.keys(GLOBAL_OPTIONS)) {
    for (const wrong of misspell(name)) {
      if (!wrong.startsWith("-")) all.push([["whoami", `--${wrong}`], `--${name}`]);
    }
  }
  for (const group of ["qualify", "show"]) {
    for (const wrong of misspell(group)) all.push([[wrong, "machine"], group]);
  }
  for (const [line, expected] of FROM_MEMORY) all.push([line.split(" "), expected]);
  return all;
}

test("at least 95 % of 200 and more misspelt commands and options get the right suggestion first", async () => {
  const all = cases();
  expect(all.length).toBeGreaterThanOrEqual(200);
  const missed: string[] = [];
  for (const [line, expected] of all) {
    const { code, stderr, stdout } = await runCli([...line, "--json"]);
    expect([line.join(" "), code, stdout]).toEqual([line.join(" "), 1, ""]);
    const { error } = JSON.parse(stderr.trim().split("\n").at(-1)!);
    const [first] = (error.details?.suggestions ?? []) as string[];
    const right =
      expected.startsWith("--") || !["qualify", "show"].includes(expected)
        ? first === expected
        : first?.startsWith(expected);
    if (!right) missed.push(`${line.join(" ")} -> ${first} (expected ${expected})`);
  }
  expect(missed.length / all.length, missed.join("\n")).toBeLessThanOrEqual(0.05);
});
