import { mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createContext, getEventCount, getEvents, PeaqosClient } from "@peaqos/peaq-os-sdk";
import { faults, faultyRpc } from "@peaqos/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../../test/run-cli.ts";
import { type Stack, startStack } from "../../test/stack.ts";

let stack: Stack;
let env: Record<string, string>;
let client: PeaqosClient;
let machineId: bigint;
let now: bigint;

beforeAll(async () => {
  stack = await startStack();
  env = await stack.env("reporter");
  client = clientOf(env);
  machineId = await client.registerMachine();
  now = await client.chainTime();
});
afterAll(() => stack[Symbol.asyncDispose]());

function clientOf(from: Record<string, string>): PeaqosClient {
  return new PeaqosClient({
    rpcUrl: from.PEAQOS_RPC_URL!,
    privateKey: from.PEAQOS_PRIVATE_KEY!,
    contracts: {
      identityRegistry: from.IDENTITY_REGISTRY_ADDRESS!,
      identityStaking: from.IDENTITY_STAKING_ADDRESS!,
      eventRegistry: from.EVENT_REGISTRY_ADDRESS!,
      machineNft: from.MACHINE_NFT_ADDRESS!,
      didRegistry: from.DID_REGISTRY_ADDRESS!,
      batchPrecompile: from.BATCH_PRECOMPILE_ADDRESS!,
    },
  });
}

const folder = () => mkdtemp(join(stack.folder, "event-"));
const base = () => [
  "qualify",
  "event",
  "--machine-id",
  String(machineId),
  "--type",
  "revenue",
  "--value",
  "123",
  "--ts",
  String(now),
];
const last = async () => {
  let found: unknown;
  for await (const event of getEvents(client, machineId)) found = event;
  return found;
};

test("submits and prints the published block to the letter", async () => {
  const cwd = await folder();
  await writeFile(join(cwd, "raw.json"), '{"kwh":1}');
  const outcome = await runCli(
    [...base(), "--trust", "self", "--source-chain", "peaq", "--raw-data", "raw.json"],
    { env, cwd },
  );
  expect(outcome.stderr).toContain(`123 USD (minor units)`);
  expect(outcome.code).toBe(0);
  expect(outcome.stdout).toMatch(
    new RegExp(
      `^Event submitted.\n  Machine ID:  ${machineId}\n  Type:        revenue\n  Value:       123\n  Trust:       self-reported\n  Tx:          0x[0-9a-f]{64}\n  Data Hash:   0x[0-9a-f]{64}\n$`,
    ),
  );
  expect(await last()).toMatchObject({ value: 123n, currency: "USD", timestamp: now, sourceChainId: 3338n });
});

test("a code of the right shape that is no ISO 4217 currency is taken, with a warning", async () => {
  const cwd = await folder();
  const outcome = await runCli([...base(), "--currency", "XYZ1"], { env, cwd });
  expect(outcome.stderr).toContain("XYZ1 is no ISO 4217 currency");
  expect(outcome.code).toBe(0);
  expect(await last()).toMatchObject({ currency: "XYZ1" });
});

test("--json echoes every field", async () => {
  const cwd = await folder();
  await writeFile(join(cwd, "meta"), "hello");
  const argv = [
    "qualify",
    "event",
    "--machine-id",
    String(machineId),
    "--type",
    "activity",
    "--value",
    "0",
    "--ts",
    "2020-01-01T02:00:00+02:00",
    "--metadata",
    "meta",
    "--trust",
    "onchain",
    "--source-tx",
    "AB".repeat(32),
    "--source-chain",
    "base",
    "--json",
  ];
  const { code, stdout } = await runCli(argv, { env, cwd });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    machine_id: Number(machineId),
    type: "activity",
    value: 0,
    currency: "",
    timestamp: 1577836800,
    trust: "on-chain-verifiable",
    source_chain_id: 8453,
    source_tx_hash: `0x${"ab".repeat(32)}`,
    metadata_bytes: 5,
    data_hash: `0x${"0".repeat(64)}`,
    sent_by_earlier_run: false,
  });
});

test("the largest value there is goes through, one more does not", async () => {
  const cwd = await folder();
  const max = 2n ** 256n - 1n;
  const with_ = (value: bigint) => base().map((word) => (word === "123" ? String(value) : word));
  expect((await runCli(with_(max), { env, cwd })).code).toBe(0);
  expect(await last()).toMatchObject({ value: max });
  expect((await runCli(with_(max + 1n), { env, cwd })).code).toBe(1);
});

/**
 * Guarantees that money and history are not doubled: a submission whose receipt never came is looked up before the
 * same event may be sent again.
 */
test("a receipt that did not come is no invitation to send the event twice", async () => {
  const cwd = await folder();
  await using rpc = await faultyRpc(stack.chain.url);
  const slow = { ...env, PEAQOS_RPC_URL: rpc.url };
  const before = await getEventCount(client, machineId);
  const argv = base().map((word) => (word === "123" ? "777" : word));
  // The node takes the transaction, then the line breaks for good, so the outcome is unknown to the first run.
  rpc.set("eth_sendRawTransaction", faults.loseAnswer());
  rpc.set("eth_getTransactionByHash", faults.drop());
  rpc.set("eth_getTransactionReceipt", faults.drop());
  const first = await runCli(argv, { env: slow, cwd });
  expect(first.code).toBe(2);
  expect(first.stderr).toMatch(/0x[0-9a-f]{64}/);
  expect(await getEventCount(client, machineId)).toBe(before + 1n);
  rpc.clear();
  const second = await runCli(argv, { env: slow, cwd });
  expect(second.code).toBe(0);
  expect(second.stdout).toContain("Event submitted.");
  expect(second.stderr).toContain("nothing was sent now");
  expect(await getEventCount(client, machineId)).toBe(before + 1n);
  // Settled now: the same words once more are a new event, as published.
  expect((await runCli(argv, { env: slow, cwd })).code).toBe(0);
  expect(await getEventCount(client, machineId)).toBe(before + 2n);
  const log = await readFile(join(cwd, "peaqos.log"), "utf8");
  expect(
    log
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line).status),
  ).toEqual(["pending", "confirmed", "pending", "confirmed"]);
});

/** Guarantees that nothing is paid that could not be remembered: the journal is written before the transaction leaves. */
test.skipIf(process.platform !== "linux")("a full disk: exit 1 in words, and nothing is sent", async () => {
  const cwd = await folder();
  await symlink("/dev/full", join(cwd, "peaqos.log"));
  const before = await getEventCount(client, machineId);
  const outcome = await runCli(base(), { env, cwd });
  expect(outcome.stderr).toContain("No space left on the disk");
  expect(outcome.code).toBe(1);
  expect(await getEventCount(client, machineId)).toBe(before);
});

test.each([
  ["a future time", ["--ts", "2999-01-01T00:00:00Z"], "in the future"],
  ["a time before 2000", ["--ts", "1000"], "2000"],
  ["a time without a zone", ["--ts", "2026-04-23T12:00:00"], "time zone"],
  ["a time that never was", ["--ts", "2026-02-30T12:00:00Z"], "time zone"],
  ["an exponent as time", ["--ts", "1e9"], "Unix seconds"],
  ["a negative value", ["--value=-5"], "whole number, 0 or more"],
  ["a fraction as value", ["--value", "12.5"], "whole number, 0 or more"],
  ["machine 0", ["--machine-id", "0"], "at least 1"],
  ["a small currency", ["--currency", "usd"], "capital letters"],
  ["an unknown type", ["--type", "revenu"], "did you mean --type revenue?"],
  ["onchain without a source", ["--trust", "onchain"], "--trust onchain needs --source-tx"],
  ["a short hash", ["--trust", "onchain", "--source-tx", "0x12"], "64 hexadecimal digits"],
  ["currency on activity", ["--type", "activity", "--currency", "USD"], "has no currency"],
  ["a file that is not there", ["--raw-data", "none"], "No such file"],
  ["an empty file", ["--raw-data", "empty"], "is empty"],
  ["metadata one byte too long", ["--metadata", "long"], "at most 4096 bytes"],
  ["a source chain nobody knows", ["--source-chain", "4242"], "--source-chain must be one of"],
])("%s is refused with its rule, exit 1, nothing sent", async (_name, change, rule) => {
  const cwd = await folder();
  await writeFile(join(cwd, "empty"), "");
  await writeFile(join(cwd, "long"), "x".repeat(4097));
  const argv = base();
  for (let index = 0; index < change.length; index += 2) {
    const at = argv.indexOf(change[index]!.split("=")[0]!);
    if (at >= 0) argv.splice(at, 2);
  }
  const before = await getEventCount(client, machineId);
  const outcome = await runCli([...argv, ...change], { env, cwd });
  expect(outcome.stderr.replaceAll(/\s+/g, " ")).toContain(rule);
  expect(outcome.code).toBe(1);
  expect(await getEventCount(client, machineId)).toBe(before);
});

test("machines that cannot take the event are named with the reason: exit 2, nothing signed", async () => {
  const cwd = await folder();
  const argv = (id: bigint) => base().map((word) => (word === String(machineId) ? String(id) : word));
  const stranger = await stack.env("stranger");
  const cases: [Record<string, string>, bigint, string][] = [
    [env, 999_999n, "MachineNotFound"],
    [stranger, machineId, "NotAuthorizedSubmitter"],
  ];
  for (const [from, id, code] of cases) {
    const outcome = await runCli([...argv(id), "--json"], { env: from, cwd });
    expect(outcome.code).toBe(2);
    expect(JSON.parse(outcome.stderr.trim().split("\n").at(-1)!).error.code).toBe(code);
  }
  await expect(readFile(join(cwd, "peaqos.log"))).rejects.toThrow("ENOENT");
});

test("a key without PEAQ is told what is missing", async () => {
  const poor = await stack.env("poor reporter", 10n ** 18n + 10n ** 16n);
  const own = clientOf(poor);
  const id = await own.registerMachine();
  await stack.chain.admin("anvil_setBalance", [own.address, "0x0"]);
  const argv = base().map((word) => (word === String(machineId) ? String(id) : word));
  const outcome = await runCli(argv, { env: poor, cwd: await folder() });
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toContain("missing");
});

test("a context without a key still reads", () => {
  expect(() =>
    createContext({ rpcUrl: env.PEAQOS_RPC_URL!, contracts: client.contracts as never }),
  ).not.toThrow();
});
