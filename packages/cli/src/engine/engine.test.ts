import { expect, test } from "vitest";
import { commands } from "../commands/table.ts";
import { runCli } from "../test/run-cli.ts";

test("--version is one line on stdout, exit 0", async () => {
  expect(await runCli(["--version"])).toEqual({
    code: 0,
    stdout: "peaq-os-cli 9.9.9 (peaq_os_sdk 8.8.8)\n",
    stderr: "",
  });
  expect((await runCli(["whoami", "--version"])).stdout).toContain("9.9.9");
});

test("no command: help on stdout, exit 0; a group alone: help on stderr, exit 1", async () => {
  const bare = await runCli([]);
  expect([bare.code, bare.stderr]).toEqual([0, ""]);
  expect(bare.stdout).toContain("Exit codes:");
  for (const group of [["qualify"], ["show"], ["show", "operator"]]) {
    const outcome = await runCli(group);
    expect([outcome.code, outcome.stdout]).toEqual([1, ""]);
    expect(outcome.stderr).toContain("Commands:");
  }
});

test("scale and its groups alone: help on stdout, exit 0, as published", async () => {
  for (const group of [
    ["scale"],
    ["scale", "agent"],
    ["scale", "machine"],
    ["scale", "order"],
    ["scale", "key"],
  ]) {
    const outcome = await runCli(group);
    expect([group.join(" "), outcome.code, outcome.stderr]).toEqual([group.join(" "), 0, ""]);
    expect(outcome.stdout).toContain("Commands:");
  }
});

test("a command that begins others: the next word decides, wherever global options stand", async () => {
  const { parseCommandLine } = await import("./parse.ts");
  const pathOf = (...argv: string[]) => {
    const parsed = parseCommandLine(argv, commands);
    return parsed.kind === "command" ? parsed.command.path.join(" ") : parsed.kind;
  };
  const placed = ["--machine-id", "m", "--agent-pairing-id", "p", "--pairing-token-file", "t"];
  expect(pathOf("scale", "order", "svc_1", ...placed)).toBe("scale order");
  expect(pathOf("scale", "order", ...placed, "svc_1")).toBe("scale order");
  expect(pathOf("scale", "order", "rates", ...placed)).toBe("scale order");
  expect(pathOf("scale", "order", "status", "mord_1")).toBe("scale order status");
  expect(pathOf("scale", "order", "--json", "--env-file", "x", "status", "mord_1")).toBe(
    "scale order status",
  );
});

test("every command has --help and -h with an example, on stdout, exit 0, whatever else is wrong with the line", async () => {
  for (const { path, examples } of commands) {
    for (const flag of ["--help", "-h"]) {
      const { code, stdout, stderr } = await runCli([...path, flag]);
      expect([path.join(" "), code, stderr]).toEqual([path.join(" "), 0, ""]);
      expect(stdout).toContain(`Usage: peaqos ${path.join(" ")}`);
      expect(stdout).toContain(examples[0].does);
    }
    expect((await runCli([...path, "--json", "--help"])).code).toBe(0);
  }
  expect((await runCli(["help", "qualify", "event"])).stdout).toContain("Usage: peaqos qualify event");
  expect((await runCli(["qualify", "--help"])).stdout).toContain("qualify import");
});

test("help fits 80 columns, examples aside", async () => {
  for (const { path } of commands) {
    const { stdout } = await runCli([...path, "--help"]);
    const beforeExamples = stdout.split("Examples:")[0]!;
    for (const line of beforeExamples.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
  }
});

test("help of every command", async () => {
  const pages = await Promise.all(
    commands.map(async ({ path }) => (await runCli([...path, "--help"])).stdout),
  );
  expect(pages.map((page) => page.split("Global options:")[0]).join("\n~~~\n\n")).toMatchSnapshot();
  expect((await runCli(["--help"])).stdout).toMatchSnapshot();
});

test("the examples in help parse: every command, option and value in them is right", async () => {
  const { parseCommandLine } = await import("./parse.ts");
  for (const { path, examples } of commands) {
    for (const { command } of examples) {
      const line = command
        .replaceAll("\\\n", " ")
        .split(/[|>]|source <\(/)
        .find((part) => /peaqos /.test(part))!;
      const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|([^\s)]+)/g)].map(([, a, b, c]) => a ?? b ?? c!);
      const argv = words.slice(words.indexOf("peaqos") + 1);
      expect(() => parseCommandLine(argv, commands), command).not.toThrow();
      expect(argv.slice(0, path.length)).toEqual(path);
    }
  }
});

test("options stand before or after the command's name; --flag=value and --flag value are the same", async () => {
  for (const argv of [
    ["--json", "whoami"],
    ["whoami", "--json"],
    ["--orchestration-url", "http://x", "whoami", "--json"],
    ["whoami", "--orch-api-key=k", "--json"],
  ]) {
    const { code, stderr } = await runCli(argv);
    expect(code).toBe(3);
    expect(JSON.parse(stderr).error.code).toBe("MISSING_SETTING");
  }
});

test.each([
  ["an unknown command", ["frobnicate"], "UNKNOWN_COMMAND"],
  ["an unknown sub-command", ["qualify", "zzz"], "UNKNOWN_COMMAND"],
  ["an unknown option", ["whoami", "--zzz"], "UNKNOWN_OPTION"],
  ["an unknown short option", ["whoami", "-x"], "UNKNOWN_OPTION"],
  ["an option of another command", ["--machine-id", "3", "whoami"], "UNKNOWN_OPTION"],
  ["a missing option", ["qualify", "event", "--type", "revenue"], "MISSING_OPTION"],
  ["a missing argument", ["qualify", "mcr"], "MISSING_ARGUMENT"],
  ["an argument too many", ["whoami", "extra"], "UNEXPECTED_ARGUMENT"],
  ["a value for a switch", ["whoami", "--verbose=yes"], "USAGE"],
  ["an option without its value", ["qualify", "event", "--value"], "USAGE"],
  ["an option swallowed as value", ["qualify", "event", "--value", "--type", "revenue"], "USAGE"],
  ["an option twice", ["qualify", "event", "--value", "1", "--value", "2"], "USAGE"],
  ["verbose and quiet", ["-v", "-q", "whoami"], "USAGE"],
  ["verbose and quiet behind the command", ["whoami", "-vq"], "USAGE"],
  ["a wrong choice", ["completion", "tcsh"], "BAD_VALUE"],
  ["wallet", ["wallet", "create", "mine"], "NOT_IN_THIS_RELEASE"],
  ["a misspelt sub-command of a command", ["scale", "order", "statsu"], "UNKNOWN_COMMAND"],
  ["an order without its machine", ["scale", "order", "svc_1"], "MISSING_OPTION"],
  ["an amount of nothing", ["scale", "search", "--budget-max", "0"], "BAD_VALUE"],
  ["an id that is no id", ["scale", "machine", "status", "../x"], "BAD_VALUE"],
])("%s: exit 1, empty stdout, value and rule and next step on stderr", async (_name, argv, code) => {
  const text = await runCli(argv);
  expect([text.code, text.stdout]).toEqual([1, ""]);
  for (const part of ["Error: ", "  Value:", "  Rule:", "  Next:"]) expect(text.stderr).toContain(part);
  const json = await runCli([...argv, "--json"]);
  expect([json.code, json.stdout]).toEqual([1, ""]);
  const { error } = JSON.parse(json.stderr.trim().split("\n").at(-1)!);
  expect(error).toMatchObject({ code, exit_code: 1 });
  expect(Object.values(error)).not.toContain("");
});

test("--orch-api-key never shows up in an error", async () => {
  const { stderr } = await runCli(["whoami", "--orch-api-key", "s3cret", "--zzz"]);
  expect(stderr).not.toContain("s3cret");
});

test("no terminal: no colour; a terminal: colour, unless NO_COLOR, TERM=dumb or --no-color say no", async () => {
  const paint = "\u001b[";
  expect((await runCli(["--help"])).stdout).not.toContain(paint);
  expect((await runCli(["--help"], { tty: true })).stdout).toContain(paint);
  expect((await runCli(["--help"], { tty: true, env: { NO_COLOR: "1" } })).stdout).not.toContain(paint);
  expect((await runCli(["--help"], { tty: true, env: { NO_COLOR: "" } })).stdout).toContain(paint);
  expect((await runCli(["--help"], { tty: true, env: { TERM: "dumb" } })).stdout).not.toContain(paint);
  expect((await runCli(["--no-color", "--help"], { tty: true })).stdout).not.toContain(paint);
});
