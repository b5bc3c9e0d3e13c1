import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { networks } from "@peaqos/abi";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseEnv } from "../../config/env-file.ts";
import { readKey } from "../../config/key.ts";
import { loadSettings } from "../../config/settings.ts";
import { createUi } from "../../engine/ui.ts";
import { runCli } from "../../test/run-cli.ts";
import { type Stack, startStack } from "../../test/stack.ts";
import type { Prompter } from "./prompter.ts";
import { init } from "./run.ts";

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "peaqos-init-"));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

const KEY = `0x${"11".repeat(32)}`;
const address = (digit: string) => `0x${digit.repeat(40)}`;
const contracts = {
  IDENTITY_REGISTRY_ADDRESS: address("1"),
  IDENTITY_STAKING_ADDRESS: address("2"),
  EVENT_REGISTRY_ADDRESS: address("3"),
  MACHINE_NFT_ADDRESS: address("4"),
  DID_REGISTRY_ADDRESS: address("5"),
  BATCH_PRECOMPILE_ADDRESS: address("6"),
};
/** Nobody listens on port 9: nothing real is asked by these tests. */
const full = { PEAQOS_PRIVATE_KEY: KEY, PEAQOS_RPC_URL: "http://127.0.0.1:9", ...contracts };
const written = async () =>
  Object.fromEntries(
    parseEnv(await readFile(join(cwd, ".env"), "utf8")).map(({ name, value }) => [name, value]),
  );

test("--non-interactive takes every value, also exported addresses, and writes 0600", async () => {
  const outcome = await runCli(["init", "--non-interactive"], { env: full, cwd });
  expect(outcome.code).toBe(0);
  expect(outcome.stdout).toContain(`Config: .env written to ${join(cwd, ".env")}`);
  expect(outcome.stderr).toContain("the check failed: Cannot reach http://127.0.0.1:9");
  expect(await written()).toMatchObject(full);
  expect((await stat(join(cwd, ".env"))).mode & 0o777).toBe(0o600);
  expect(outcome.stdout + outcome.stderr).not.toContain(KEY.slice(2));
});

test.each([
  ["a missing key", { PEAQOS_PRIVATE_KEY: undefined }, "PEAQOS_PRIVATE_KEY is not set"],
  ["a wrong key", { PEAQOS_PRIVATE_KEY: "0x12" }, "PEAQOS_PRIVATE_KEY cannot be used"],
  ["a missing RPC", { PEAQOS_RPC_URL: undefined }, "PEAQOS_RPC_URL is not set"],
  ["a wrong RPC", { PEAQOS_RPC_URL: "localhost" }, "PEAQOS_RPC_URL cannot be used"],
  ["a missing address", { EVENT_REGISTRY_ADDRESS: undefined }, "EVENT_REGISTRY_ADDRESS is not set"],
  ["text as address", { EVENT_REGISTRY_ADDRESS: "registry" }, "EVENT_REGISTRY_ADDRESS cannot be used"],
  ["the zero address", { EVENT_REGISTRY_ADDRESS: address("0") }, "EVENT_REGISTRY_ADDRESS cannot be used"],
  ["a devnet that never started", { PEAQOS_NETWORK: "devnet" }, "no devnet has been started here"],
])("--non-interactive with %s: exit 3, nothing written", async (_name, change, words) => {
  const outcome = await runCli(["init", "--non-interactive"], { env: { ...full, ...change }, cwd });
  expect(outcome.stderr).toContain(words);
  expect([outcome.code, outcome.stdout, await readdir(cwd)]).toEqual([3, "", []]);
});

test("a wallet vault as source is refused with a clear word", async () => {
  const outcome = await runCli(["init", "--non-interactive"], {
    env: { ...full, PEAQOS_OWS_WALLET: "main" },
    cwd,
  });
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain("wallet vault");
  expect(await readdir(cwd)).toEqual([]);
});

test("a preset needs an explicit choice, and exported values beat it", async () => {
  const env = { PEAQOS_PRIVATE_KEY: KEY, PEAQOS_NETWORK: "mainnet", PEAQOS_RPC_URL: "http://127.0.0.1:9" };
  expect(
    (await runCli(["init", "--non-interactive"], { env: { ...env, PEAQOS_NETWORK: "" }, cwd })).code,
  ).toBe(3);
  const outcome = await runCli(["init", "--non-interactive", "--json"], { env, cwd });
  expect(JSON.parse(outcome.stdout)).toMatchObject({
    network: "mainnet",
    key_generated: false,
    verified: false,
    backup: null,
  });
  expect(await written()).toMatchObject({
    PEAQOS_RPC_URL: "http://127.0.0.1:9",
    EVENT_REGISTRY_ADDRESS: networks.peaq.contracts.eventRegistry,
    PEAQOS_MCR_API_URL: networks.peaq.mcrApiUrl,
    PEAQOS_NETWORK: "mainnet",
  });
});

test("an existing .env is never replaced unasked; --force keeps foreign entries, comments and a backup of the key", async () => {
  const old = `# mine\nOTHER=kept\nPEAQOS_PRIVATE_KEY=0x${"22".repeat(32)}\n`;
  await writeFile(join(cwd, ".env"), old);
  const refused = await runCli(["init", "--non-interactive"], { env: full, cwd });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("--non-interactive --force");
  expect(await readFile(join(cwd, ".env"), "utf8")).toBe(old);
  const forced = await runCli(["init", "--non-interactive", "--force"], { env: full, cwd });
  expect(forced.code).toBe(0);
  const text = await readFile(join(cwd, ".env"), "utf8");
  expect(text.startsWith(`# mine\nOTHER=kept\nPEAQOS_PRIVATE_KEY=${KEY}\n`)).toBe(true);
  expect(await readFile(join(cwd, ".env.backup-1"), "utf8")).toBe(old);
  expect((await stat(join(cwd, ".env.backup-1"))).mode & 0o777).toBe(0o600);
  // The same key again needs no second backup.
  await runCli(["init", "--non-interactive", "--force"], { env: full, cwd });
  expect((await readdir(cwd)).sort()).toEqual([".env", ".env.backup-1"]);
});

test("without a terminal and without --non-interactive nothing is asked: the flag is named", async () => {
  const outcome = await runCli(["init"], { env: full, cwd });
  expect([outcome.code, outcome.stdout, await readdir(cwd)]).toEqual([1, "", []]);
  expect(outcome.stderr).toContain("peaqos init --non-interactive");
});

/** Answers questions by their text; a question nobody expects is an error. */
function answering(answers: Record<string, string | boolean>) {
  const asked: string[] = [];
  const take = (message: string) => {
    asked.push(message);
    const found = Object.entries(answers).find(([part]) => message.includes(part));
    if (!found) throw new Error(`unexpected question: ${message}`);
    return found[1];
  };
  const checked = (message: string, initial: string, check: (value: string) => string | undefined) => {
    const value = String(take(message));
    const chosen = value === "(default)" ? initial : value;
    const problem = check(chosen);
    if (problem) throw new Error(`${message}: ${problem}`);
    return chosen;
  };
  const prompter: Prompter = {
    select: async (message) => String(take(message)),
    text: async (message, initial, check) => checked(message, initial, check),
    secret: async (message, check) => checked(message, "", check),
    confirm: async (message) => take(message) === true,
    note: () => {},
  };
  return { prompter, asked };
}

async function wizard(
  answers: Record<string, string | boolean>,
  env: Record<string, string> = {},
  force = false,
) {
  const globals = {
    help: false,
    version: false,
    json: false,
    verbose: false,
    quiet: false,
    "no-color": true,
    "env-file": undefined,
    "orchestration-url": undefined,
    "orch-api-key": undefined,
  };
  let stderr = "";
  const stream = {
    write: (text: string) => {
      stderr += text;
    },
    isTTY: false,
    columns: 80,
  };
  const io = {
    env,
    cwd,
    stdout: stream,
    stderr: stream,
    stdin: process.stdin,
    now: Date.now,
    onInterrupt: () => () => {},
  };
  const { prompter, asked } = answering(answers);
  const result = await init(
    {
      flags: { force, "non-interactive": false },
      args: [],
      globals,
      io,
      ui: createUi(io, globals),
      settings: () => loadSettings(io, globals),
    },
    prompter,
  );
  return { result, asked, stderr };
}

const custom = {
  Network: "custom",
  "Name of the network": "mine",
  "Private key source": "generate",
  "RPC URL": "http://127.0.0.1:9",
  "MCR API URL": "(default)",
  "Gas Station": "(default)",
  "IdentityRegistry address": address("1"),
  "IdentityStaking address": address("2"),
  "EventRegistry address": address("3"),
  "MachineNFT address": address("4"),
  "Orchestration API URL": "(default)",
  "Orchestration API key": "k-1",
  "Write them?": true,
};

test("the wizard generates a key only after the last yes, and keeps it in the file", async () => {
  await expect(wizard({ ...custom, "Write them?": false })).rejects.toThrow("Stopped at your answer");
  expect(await readdir(cwd)).toEqual([]);
  const { result, stderr } = await wizard(custom);
  const values = await written();
  const key = readKey(values.PEAQOS_PRIVATE_KEY!);
  expect(key?.address).toBe((result.json as { address: string }).address);
  expect(stderr).toContain(`New key for ${key?.address}`);
  expect(stderr).not.toContain(key!.privateKey.slice(2));
  expect(values).toMatchObject({
    PEAQOS_NETWORK: "mine",
    PEAQOS_ORCH_API_KEY: "k-1",
    DID_REGISTRY_ADDRESS: "0x0000000000000000000000000000000000000800",
  });
  expect(Object.keys(values)).toEqual([
    "PEAQOS_PRIVATE_KEY",
    "PEAQOS_RPC_URL",
    "PEAQOS_MCR_API_URL",
    "PEAQOS_NETWORK",
    "PEAQOS_GAS_STATION_URL",
    "PEAQOS_ORCHESTRATION_URL",
    "PEAQOS_ORCH_API_KEY",
    ...Object.keys(contracts),
  ]);
});

test("the overwrite question comes first; no ends everything before another question", async () => {
  await writeFile(join(cwd, ".env"), "A=1\n");
  const answers = answering({ Replace: false });
  await expect(wizard({ Replace: false })).rejects.toThrow("Nothing was written");
  expect(answers.asked).toEqual([]);
  expect(await readFile(join(cwd, ".env"), "utf8")).toBe("A=1\n");
});

test("the key in .env can stay; the wallet choice is refused", async () => {
  await writeFile(join(cwd, ".env"), `PEAQOS_PRIVATE_KEY=${KEY}\n`);
  const { result } = await wizard({ ...custom, Replace: true, "Private key source": "keep" });
  expect((result.json as { key_generated: boolean; backup: null }).backup).toBeNull();
  expect((await written()).PEAQOS_PRIVATE_KEY).toBe(KEY);
  await expect(wizard({ ...custom, Replace: true, "Private key source": "wallet" })).rejects.toThrow(
    "not in this release",
  );
});

test("an exported variable that beats the new file is pointed out", async () => {
  const { stderr } = await wizard(
    { ...custom, "RPC URL": "http://127.0.0.1:99" },
    { PEAQOS_RPC_URL: "http://127.0.0.1:9" },
  );
  expect(stderr).toContain("PEAQOS_RPC_URL is exported in this shell with another value");
});

test("a devnet in this folder or above is a preset, and the file is verified against it", async () => {
  await using stack: Stack = await startStack();
  const env = await stack.env("developer");
  await mkdir(join(cwd, ".peaqos"));
  await mkdir(join(cwd, "sub"));
  await writeFile(
    join(cwd, ".peaqos", "devnet.env"),
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .join("\n"),
  );
  const outcome = await runCli(["init", "--non-interactive"], {
    env: { PEAQOS_NETWORK: "devnet" },
    cwd: join(cwd, "sub"),
  });
  expect(outcome.stderr).toBe("");
  expect(outcome.stdout).toContain("Chain ID:  33380");
  const whoami = await runCli(["whoami"], { cwd: join(cwd, "sub") });
  expect(whoami.stdout).toContain(`Settings:  ${join(cwd, "sub", ".env")}`);
  expect(whoami.stdout).toContain("Network :  devnet");
});
