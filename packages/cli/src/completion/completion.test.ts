import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { commands } from "../commands/table.ts";
import { bashScript } from "./bash.ts";
import { fishScript } from "./fish.ts";
import { completionModel } from "./model.ts";
import { zshScript } from "./zsh.ts";

const model = completionModel(commands);
const bash = bashScript(model);

/** What a real bash offers after these words; the last one is being typed. */
function complete(...words: string[]): string[] {
  const script = `${bash}
COMP_WORDS=(${["peaqos", ...words].map((word) => `'${word}'`).join(" ")})
COMP_CWORD=${words.length}
_peaqos
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return execFileSync("bash", ["--norc", "-c", script], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line !== "");
}

test("bash completes commands, sub-commands, options and words of a choice", () => {
  expect(complete("who")).toEqual(["whoami"]);
  expect(complete("")).toEqual([...new Set(commands.map(({ path }) => path[0]))]);
  expect(complete("completion", "")).toEqual(["bash", "zsh", "fish"]);
  expect(complete("init", "--for")).toEqual(["--force"]);
  expect(complete("whoami", "--js")).toEqual(["--json"]);
});

test("bash offers every option of every command and every sub-command", () => {
  for (const { path, options } of commands) {
    const offered = complete(...path, "--");
    for (const name of Object.keys(options)) expect(offered).toContain(`--${name}`);
    expect(complete(...path)).toContain(path.at(-1));
  }
});

test("the value of an option is not taken for a command", () => {
  expect(complete("--env-file", "init", "who")).toEqual(["whoami"]);
});

test("a shell other than bash gets every command too", () => {
  for (const script of [zshScript(model), fishScript(model)]) {
    for (const { path, options } of commands) {
      expect(script).toContain(path.at(-1));
      for (const name of Object.keys(options)) expect(script).toContain(name);
    }
  }
});
