import { mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../test/stack.ts";
import { hasTerminal, onTerminal } from "../test/terminal.ts";

const ENTER = "\r";
const DOWN = "\u001b[B";
const chosen = (entry: string) => `\u001b[32m●\u001b[39m ${entry}`;
/** A question as it stands there while it waits: typed earlier, the keys may fall between two questions. */
const asked = (label: string) => `\u001b[36m◆\u001b[39m  ${label}`;
const CTRL_C = "\u0003";
const urls = ["--doc-url", "https://example.com/d", "--data-api", "https://example.com/a"];

describe.skipIf(!hasTerminal)("on a real terminal", () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack[Symbol.asyncDispose]());
  const folder = () => mkdtemp(join(stack.folder, "tty-"));

  test("the wizard asks, shows what it will write, writes, and checks the file", async () => {
    const cwd = await folder();
    const env = await stack.env("wizard");
    const contracts = Object.fromEntries(Object.entries(env).filter(([name]) => name.endsWith("_ADDRESS")));
    const { code, text } = await onTerminal(["init"], {
      cwd,
      env: contracts,
      talk: [
        // One key at a time, each when the screen shows what the last one did: no key is typed ahead of the prompt.
        [chosen("peaq mainnet"), DOWN],
        [chosen("agung testnet"), DOWN],
        [chosen("another network"), ENTER],
        [asked("Name of the network"), `mine${ENTER}`],
        [asked("Private key source"), ENTER],
        [asked("Private key"), `${env.PEAQOS_PRIVATE_KEY}${ENTER}`],
        [asked("RPC URL"), `${env.PEAQOS_RPC_URL}${ENTER}`],
        [asked("MCR API URL"), ENTER],
        [asked("Gas Station"), ENTER],
        [asked("EventRegistry address"), ENTER],
        [asked("Orchestration API URL"), ENTER],
        [asked("Orchestration API key"), ENTER],
        [asked("Write them?"), "y"],
      ],
    });
    expect(code, text).toBe(0);
    expect(text).toContain("Config: .env written to");
    expect(text).toContain("Chain ID:  33380");
    expect(text).not.toContain(env.PEAQOS_PRIVATE_KEY!.slice(2));
    expect((await stat(join(cwd, ".env"))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(cwd, ".env"), "utf8")).toContain("PEAQOS_NETWORK=mine");
  });

  test("Ctrl-C in the wizard: exit 1, nothing written", async () => {
    const cwd = await folder();
    const { code, text } = await onTerminal(["init"], { cwd, env: {}, talk: [["Network", CTRL_C]] });
    expect(code).toBe(1);
    expect(text).toContain("Nothing was written");
    expect((await readdir(cwd)).includes(".env")).toBe(false);
  });

  test("activate asks before it sends: no sends nothing, yes goes on", async () => {
    const cwd = await folder();
    const env = await stack.env("asked");
    const no = await onTerminal(["activate", ...urls], { cwd, env, talk: [["[y/N]", `n${ENTER}`]] });
    expect(no.code).toBe(1);
    expect(no.text).toContain("Stopped at your answer");
    expect((await readdir(cwd)).includes("peaqos.log")).toBe(false);
    const yes = await onTerminal(["activate", ...urls], { cwd, env, talk: [["[y/N]", `y${ENTER}`]] });
    expect(yes.code, yes.text).toBe(0);
    expect(yes.text).toContain("Machine activated successfully.");
    // Nothing is left to send, so there is nothing to ask.
    expect((await onTerminal(["activate", ...urls], { cwd, env, talk: [] })).code).toBe(0);
  });

  test("an import draws a bar that rewrites itself, and no line is wider than the terminal", async () => {
    const cwd = await folder();
    const env = await stack.env("bar");
    await onTerminal(["activate", ...urls, "--yes"], { cwd, env, talk: [] });
    const id = /"machine_id":(\d+)/.exec(await readFile(join(cwd, "peaqos.log"), "utf8"))![1]!;
    await writeFile(
      join(cwd, "r.csv"),
      ["at,v", ...Array.from({ length: 100 }, (_, index) => `${1_700_000_000 + index},1`)].join("\n"),
    );
    const argv = [
      "qualify",
      "import",
      "r.csv",
      "--type",
      "activity",
      "--map",
      "ts=at",
      "--map",
      "value=v",
      "--machine-id",
      id,
    ];
    const { code, text } = await onTerminal(argv, { cwd, env, talk: [["[y/N]", `y${ENTER}`]] });
    expect(code, text).toBe(0);
    expect(text).toContain("100/100");
    expect(text).toContain("\r\u001b[2KSending");
    expect(text).toContain("Import complete.");
    const plain = text.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, "g"), "");
    for (const line of plain.split(/[\r\n]+/)) expect(line.length).toBeLessThanOrEqual(80);
  });

  test("NO_COLOR holds on a terminal too", async () => {
    const cwd = await folder();
    const colour = await onTerminal(["--help"], { cwd, env: {}, talk: [] });
    expect(colour.text).toContain("\u001b[1m");
    expect((await onTerminal(["--help"], { cwd, env: { NO_COLOR: "1" }, talk: [] })).text).not.toContain(
      "\u001b[",
    );
  });
});
