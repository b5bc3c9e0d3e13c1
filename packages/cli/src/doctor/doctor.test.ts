import { chmod, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type FaultyRpc, faults, faultyRpc } from "@peaqos/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type HttpStub, httpStub } from "../test/http-stub.ts";
import { runCli } from "../test/run-cli.ts";
import { type Stack, startStack } from "../test/stack.ts";

let stack: Stack;
let rpc: FaultyRpc;
let mcr: HttpStub;
let healthy: Record<string, string>;
let cwd: string;

const ready = {
  status: "ready",
  rpc_connected: true,
  contracts: {
    identity_registry: true,
    identity_staking: true,
    event_registry: true,
    machine_nft: true,
    admin_flags: true,
    did_registry: true,
  },
};
const card = (chain: number, registry: string) => ({
  registrations: [{ type: "x", machineId: 1, machineRegistry: `eip155:${chain}:${registry}` }],
});

beforeAll(async () => {
  stack = await startStack();
  rpc = await faultyRpc(stack.chain.url);
  healthy = await stack.env("patient", undefined, { PEAQOS_RPC_URL: rpc.url });
});
afterAll(async () => {
  await rpc.stop();
  await stack[Symbol.asyncDispose]();
});
beforeEach(async () => {
  mcr = await httpStub({
    "/health": { status: "ok" },
    "/ready": ready,
    "/machines/1": card(33380, healthy.IDENTITY_REGISTRY_ADDRESS!),
  });
  healthy.PEAQOS_MCR_API_URL = mcr.url;
  cwd = await mkdtemp(join(stack.folder, "doctor-"));
});
afterEach(async () => {
  rpc.clear();
  rpc.httpStatus(undefined);
  await mcr[Symbol.asyncDispose]();
});

const doctor = (env: Record<string, string | undefined>) => runCli(["doctor"], { env, cwd, now: Date.now });
const firstLine = (text: string) => text.split("\n")[0]!;

test("a sound installation: exit 0, nothing signed or written", async () => {
  const outcome = await doctor(healthy);
  expect(outcome.stdout).toContain("All is well");
  expect(outcome.code).toBe(0);
  expect(rpc.requests.map(({ method }) => method)).not.toContain("eth_sendRawTransaction");
});

test("--json names cause and fix for programs", async () => {
  const { stdout, code } = await runCli(["doctor", "--json"], {
    env: { ...healthy, PEAQOS_PRIVATE_KEY: "0x12" },
    cwd,
  });
  expect(code).toBe(3);
  const answer = JSON.parse(stdout);
  expect(answer.ok).toBe(false);
  expect(answer.cause).toContain("2 hexadecimal digits");
  expect(answer.checks.length).toBeGreaterThan(10);
});

const hex = (digits: number, digit = "1") => `0x${digit.repeat(digits)}`;
type Case = [name: string, env: Record<string, string | undefined>, cause: string, code: 2 | 3];

/** Wrong settings: what is injected, what the first line has to say, the exit code. */
const settings: Case[] = [
  ["key missing", { PEAQOS_PRIVATE_KEY: undefined }, "PEAQOS_PRIVATE_KEY is not set", 3],
  ["key exported but empty", { PEAQOS_PRIVATE_KEY: "" }, "PEAQOS_PRIVATE_KEY is not set", 3],
  ["key without 0x", { PEAQOS_PRIVATE_KEY: "1".repeat(64) }, "lacks the 0x", 3],
  ["key one digit short", { PEAQOS_PRIVATE_KEY: hex(63) }, "has 63 hexadecimal digits", 3],
  ["key one digit long", { PEAQOS_PRIVATE_KEY: hex(65) }, "has 65 hexadecimal digits", 3],
  ["key with a letter that is no digit", { PEAQOS_PRIVATE_KEY: `${hex(63)}g` }, "no hexadecimal digits", 3],
  ["key zero", { PEAQOS_PRIVATE_KEY: hex(64, "0") }, "is zero", 3],
  ["key beyond the curve", { PEAQOS_PRIVATE_KEY: hex(64, "f") }, "order of the curve", 3],
  ["an address in place of the key", { PEAQOS_PRIVATE_KEY: hex(40) }, "holds an address", 3],
  [
    "a recovery phrase in place of the key",
    { PEAQOS_PRIVATE_KEY: Array(12).fill("zoo").join(" ") },
    "recovery phrase",
    3,
  ],
  ["key in quotes", { PEAQOS_PRIVATE_KEY: `"${hex(64)}"` }, "in quotes", 3],
  ["key with a blank", { PEAQOS_PRIVATE_KEY: `${hex(32)} ${"1".repeat(32)}` }, "blanks", 3],
  ["key placeholder", { PEAQOS_PRIVATE_KEY: "0x..." }, "placeholder", 3],
  ["a wallet is set", { PEAQOS_OWS_WALLET: "main" }, "PEAQOS_OWS_WALLET is set", 3],
  ["RPC missing", { PEAQOS_RPC_URL: undefined }, "PEAQOS_RPC_URL is not set", 3],
  ["RPC without scheme", { PEAQOS_RPC_URL: "127.0.0.1:8545" }, "PEAQOS_RPC_URL does not begin with http", 3],
  ["RPC a WebSocket", { PEAQOS_RPC_URL: "wss://peaq.example/ws" }, "is a WebSocket address", 3],
  ["RPC with a blank", { PEAQOS_RPC_URL: "http://127.0.0.1: 8545" }, "has blanks", 3],
  ["RPC of another scheme", { PEAQOS_RPC_URL: "ftp://127.0.0.1" }, "neither http nor https", 3],
  ["rating address without scheme", { PEAQOS_MCR_API_URL: "localhost:8000" }, "PEAQOS_MCR_API_URL", 3],
  [
    "registry address missing",
    { IDENTITY_REGISTRY_ADDRESS: undefined },
    "IDENTITY_REGISTRY_ADDRESS is not set",
    3,
  ],
  [
    "staking address missing",
    { IDENTITY_STAKING_ADDRESS: undefined },
    "IDENTITY_STAKING_ADDRESS is not set",
    3,
  ],
  [
    "batch address missing",
    { BATCH_PRECOMPILE_ADDRESS: undefined },
    "BATCH_PRECOMPILE_ADDRESS is not set",
    3,
  ],
  [
    "address too short",
    { EVENT_REGISTRY_ADDRESS: hex(39) },
    "EVENT_REGISTRY_ADDRESS has 39 hexadecimal digits",
    3,
  ],
  ["address without 0x", { MACHINE_NFT_ADDRESS: "1".repeat(40) }, "MACHINE_NFT_ADDRESS lacks the 0x", 3],
  ["address zero", { EVENT_REGISTRY_ADDRESS: hex(40, "0") }, "is the zero address", 3],
  ["a DID as address", { EVENT_REGISTRY_ADDRESS: `did:peaq:${hex(40)}` }, "holds a DID", 3],
  ["a hash as address", { EVENT_REGISTRY_ADDRESS: hex(64) }, "a key or a hash", 3],
  ["a shortened address", { EVENT_REGISTRY_ADDRESS: "0xDC5b...1234" }, "shortened address", 3],
  [
    "nothing configured at all",
    Object.fromEntries(
      [
        "PEAQOS_PRIVATE_KEY",
        "PEAQOS_RPC_URL",
        "IDENTITY_REGISTRY_ADDRESS",
        "IDENTITY_STAKING_ADDRESS",
        "EVENT_REGISTRY_ADDRESS",
        "MACHINE_NFT_ADDRESS",
        "DID_REGISTRY_ADDRESS",
        "BATCH_PRECOMPILE_ADDRESS",
      ].map((name) => [name, undefined]),
    ),
    "no peaqOS settings yet",
    3,
  ],
  ["wrong network word", { PEAQOS_NETWORK: "mainnet" }, "PEAQOS_NETWORK is mainnet (chain 3338)", 3],
  ["RPC that nobody serves", { PEAQOS_RPC_URL: "http://127.0.0.1:9" }, "nothing listens there", 2],
  ["RPC host that does not exist", { PEAQOS_RPC_URL: "http://nowhere.invalid" }, "nowhere.invalid", 2],
  [
    "rating service that nobody serves",
    { PEAQOS_MCR_API_URL: "http://127.0.0.1:9" },
    "PEAQOS_MCR_API_URL",
    2,
  ],
  [
    "no code at an address",
    { EVENT_REGISTRY_ADDRESS: hex(40, "7") },
    "There is no contract at EVENT_REGISTRY_ADDRESS",
    3,
  ],
];

test.each(settings)("%s: the first line names it", async (_name, change, cause, code) => {
  const outcome = await doctor({ ...healthy, ...change });
  expect(firstLine(outcome.stdout)).toContain("Problem:");
  expect(firstLine(outcome.stdout)).toContain(cause);
  expect(outcome.code).toBe(code);
  const key = change.PEAQOS_PRIVATE_KEY;
  if (key && key.length > 40) expect(outcome.stdout).not.toContain(key.slice(2, 40));
});

const swapped: [string, string, string][] = [
  ["IDENTITY_REGISTRY_ADDRESS", "EVENT_REGISTRY_ADDRESS", "look swapped"],
  ["IDENTITY_STAKING_ADDRESS", "MACHINE_NFT_ADDRESS", "look swapped"],
];
test.each(swapped)("%s and %s swapped", async (one, other, cause) => {
  const { stdout, code } = await doctor({ ...healthy, [one]: healthy[other]!, [other]: healthy[one]! });
  expect(firstLine(stdout)).toContain(cause);
  expect(code).toBe(3);
});

test("the same address twice", async () => {
  const { stdout } = await doctor({ ...healthy, MACHINE_NFT_ADDRESS: healthy.EVENT_REGISTRY_ADDRESS! });
  expect(firstLine(stdout)).toContain("are the same address");
});

test("a mistyped digit in an address with a checksum", async () => {
  const address = healthy.IDENTITY_REGISTRY_ADDRESS!;
  const at = [...address].findLastIndex((letter) => /\d/.test(letter));
  const wrong = address.slice(0, at) + ((Number(address[at]) + 1) % 10) + address.slice(at + 1);
  const { stdout } = await doctor({ ...healthy, IDENTITY_REGISTRY_ADDRESS: wrong });
  expect(firstLine(stdout)).toContain("wrong checksum");
});

test("another contract at an address", async () => {
  const { stdout } = await doctor({ ...healthy, EVENT_REGISTRY_ADDRESS: stack.chain.deployment.usdc });
  expect(firstLine(stdout)).toContain("is no EventRegistry");
});

test("a wrong DID registry and a wrong batch precompile", async () => {
  expect(firstLine((await doctor({ ...healthy, DID_REGISTRY_ADDRESS: hex(40, "8") })).stdout)).toContain(
    "DID_REGISTRY_ADDRESS",
  );
  expect(firstLine((await doctor({ ...healthy, BATCH_PRECOMPILE_ADDRESS: hex(40, "8") })).stdout)).toContain(
    "BATCH_PRECOMPILE_ADDRESS",
  );
});

const nodes: [string, () => void, string][] = [
  ["a node that wants a key (401)", () => rpc.httpStatus(401, "no"), "a key is missing or wrong"],
  ["a node that limits (429)", () => rpc.httpStatus(429, "slow down"), "limiting our rate"],
  ["a wrong path (404)", () => rpc.httpStatus(404, "nothing"), "nothing at this path"],
  ["a node that fails (502)", () => rpc.httpStatus(502, "bad gateway"), "is failing (HTTP 502)"],
  ["a web page in place of a node", () => rpc.httpStatus(200, "<html></html>"), "not with JSON-RPC"],
  ["a node that cuts the line", () => rpc.set("*", faults.drop()), "closed the connection"],
  ["a node without blocks", () => rpc.set("eth_getBlockByNumber", faults.result(null)), "no latest block"],
  [
    "a node that is syncing",
    () => rpc.set("eth_syncing", faults.result({ currentBlock: "0x1" })),
    "still syncing",
  ],
  [
    "a clock that is behind",
    () => rpc.set("eth_getBlockByNumber", faults.result({ timestamp: "0xffffffff", number: "0x1" })),
    "The clock of this computer",
  ],
  ["a chain id that is none", () => rpc.set("eth_chainId", faults.result(null)), "no chain id"],
];
test.each(nodes)("%s: the first line names it, exit 2", async (_name, inject, cause) => {
  inject();
  const { stdout, code } = await doctor(healthy);
  expect(firstLine(stdout)).toContain(cause);
  expect(code).toBe(2);
});

const services: [string, () => void, string, number][] = [
  ["a service of another kind", () => mcr.set("/health", 200, { hello: 1 }), "is no rating service", 2],
  ["a service that fails", () => mcr.set("/health", 500, "oops"), "HTTP 500", 2],
  [
    "a service that lost its chain",
    () => mcr.set("/ready", 503, { ...ready, status: "not_ready", rpc_connected: false }),
    "has lost its chain",
    2,
  ],
  [
    "a service in test mode",
    () =>
      mcr.set("/ready", 503, {
        status: "not_ready",
        rpc_connected: false,
        contracts: { identity_registry: false, did_registry: false },
      }),
    "test mode",
    2,
  ],
  [
    "a service that misses a contract",
    () =>
      mcr.set("/ready", 503, {
        ...ready,
        status: "not_ready",
        contracts: { ...ready.contracts, machine_nft: false },
      }),
    "machine_nft",
    2,
  ],
  [
    "a service of another chain",
    () => mcr.set("/machines/1", 200, card(3338, hex(40))),
    "follows chain 3338",
    3,
  ],
  [
    "a service of another deployment",
    () => mcr.set("/machines/1", 200, card(33380, hex(40))),
    "follows the IdentityRegistry",
    3,
  ],
];
test.each(services)("%s: the first line names it", async (_name, inject, cause, code) => {
  inject();
  const outcome = await doctor(healthy);
  expect(firstLine(outcome.stdout)).toContain(cause);
  expect(outcome.code).toBe(code);
});

test("contracts that are paused", async () => {
  const { chain } = stack;
  const wallet = chain.wallet(chain.adminAccount);
  const { eventRegistryAbi } = await import("@peaqos/abi");
  const call = (functionName: "pause" | "unpause") =>
    wallet.writeContract({ address: chain.deployment.eventRegistry, abi: eventRegistryAbi, functionName });
  await chain.publicClient.waitForTransactionReceipt({ hash: await call("pause") });
  try {
    const { stdout, code } = await doctor(healthy);
    expect(firstLine(stdout)).toContain("EventRegistry is paused");
    expect(code).toBe(2);
  } finally {
    await chain.publicClient.waitForTransactionReceipt({ hash: await call("unpause") });
  }
});

const file = (env: Record<string, string>) => Object.entries(env).map(([name, value]) => `${name}=${value}`);

test("a line in .env that is no setting, and a name nothing reads", async () => {
  const lines = file(healthy);
  await writeFile(
    join(cwd, ".env"),
    [...lines.slice(0, 2), "this is not right", ...lines.slice(2)].join("\n"),
    { mode: 0o600 },
  );
  const stray = await doctor({});
  expect(firstLine(stray.stdout)).toContain("Line 3 of");
  const renamed = lines.map((line) => line.replace("PEAQOS_RPC_URL", "PEAQOS_RPCURL"));
  await writeFile(join(cwd, ".env"), renamed.join("\n"), { mode: 0o600 });
  const typo = await doctor({});
  expect(firstLine(typo.stdout)).toContain("PEAQOS_RPCURL, which nothing reads; PEAQOS_RPC_URL is not set");
  expect(typo.stdout).toContain("rename it to PEAQOS_RPC_URL");
});

test("warnings leave the exit code alone: open .env, shadowed value, empty wallet, open log", async () => {
  await writeFile(join(cwd, ".env"), file(healthy).join("\n"));
  await chmod(join(cwd, ".env"), 0o644);
  await writeFile(join(cwd, "peaqos.log"), "", { mode: 0o644 });
  await stack.chain.account("penniless", 0n);
  const { stdout, code } = await doctor({ PEAQOS_PRIVATE_KEY: stack.key("penniless") });
  expect(code).toBe(0);
  expect(stdout).toContain("chmod 600");
  expect(stdout).toContain("PEAQOS_PRIVATE_KEY is exported and beats");
  expect(stdout).toContain("holds no PEAQ");
});

test("peaqos.log that is a folder", async () => {
  await mkdir(join(cwd, "peaqos.log"));
  expect(firstLine((await doctor(healthy)).stdout)).toContain("is a folder");
});

test("a devnet that has stopped, and a .env of an earlier devnet", async () => {
  await mkdir(join(cwd, ".peaqos"));
  const stopped = { ...healthy, PEAQOS_RPC_URL: "http://127.0.0.1:9" };
  await writeFile(join(cwd, ".peaqos", "devnet.env"), file(stopped).join("\n"));
  expect(firstLine((await doctor(stopped)).stdout)).toContain("is not running");
  await writeFile(
    join(cwd, ".peaqos", "devnet.env"),
    file({ ...healthy, EVENT_REGISTRY_ADDRESS: hex(40) }).join("\n"),
  );
  expect(firstLine((await doctor(healthy)).stdout)).toContain(
    "EVENT_REGISTRY_ADDRESS differs from the running devnet's",
  );
});

const marketAnswers = {
  "/api/v1/health": { ok: true },
  "/api/v1/readiness": { status: "ready", checks: [] },
  "/api/v1/machines": { items: [] },
};

test("the market: ready and the key accepted; without a key only a warning", async () => {
  await using market = await httpStub(marketAnswers);
  const env = { ...healthy, PEAQOS_ORCHESTRATION_URL: market.url };
  const sound = await doctor({ ...env, PEAQOS_ORCH_API_KEY: "k" });
  expect([sound.code, sound.stdout.includes("is accepted by the market")]).toEqual([0, true]);
  const bare = await doctor(env);
  expect([bare.code, bare.stdout.includes("PEAQOS_ORCH_API_KEY is not set")]).toEqual([0, true]);
});

test.each<[string, (market: HttpStub) => void, Record<string, string>, string, 2 | 3]>([
  ["away", () => {}, { PEAQOS_ORCHESTRATION_URL: "http://127.0.0.1:9" }, "nothing listens there", 2],
  ["no address", () => {}, { PEAQOS_ORCHESTRATION_URL: "market" }, "is no web address", 3],
  ["something else", (market) => market.set("/api/v1/health", 200, "<html>"), {}, "is no market", 2],
  [
    "not ready",
    (market) =>
      market.set("/api/v1/readiness", 200, {
        status: "not_ready",
        checks: [{ name: "database", status: "fail", message: "no connection" }],
      }),
    {},
    "database (no connection)",
    2,
  ],
  [
    "a wrong key",
    (market) => market.set("/api/v1/machines", 401, {}),
    {},
    "does not know PEAQOS_ORCH_API_KEY",
    3,
  ],
])("the market: %s", async (_, arrange, more, cause, code) => {
  await using market = await httpStub(marketAnswers);
  arrange(market);
  const outcome = await doctor({
    ...healthy,
    PEAQOS_ORCHESTRATION_URL: market.url,
    PEAQOS_ORCH_API_KEY: "secret-key",
    ...more,
  });
  expect([outcome.code, firstLine(outcome.stdout)]).toEqual([code, expect.stringContaining(cause)]);
  expect(outcome.stdout).not.toContain("secret-key");
});
