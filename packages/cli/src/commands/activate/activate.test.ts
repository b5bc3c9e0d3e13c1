import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { machineIdOf, PeaqosClient } from "@peaqos/peaq-os-sdk";
import { findAttribute } from "@peaqos/peaq-os-sdk/did";
import { faults, faultyRpc } from "@peaqos/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../../test/run-cli.ts";
import { type Stack, startStack } from "../../test/stack.ts";

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack[Symbol.asyncDispose]());

const urls = ["--doc-url", "https://example.com/docs", "--data-api", "https://example.com/events"];
const ONE_PEAQ = 10n ** 18n;

async function run(argv: string[], env: Record<string, string>, cwd?: string) {
  const folder = cwd ?? (await mkdtemp(join(stack.folder, "run-")));
  const outcome = await runCli(argv, { env, cwd: folder, now: Date.now });
  const log = await readFile(join(folder, "peaqos.log"), "utf8").catch(() => "");
  return {
    ...outcome,
    folder,
    lines: log.split("\n").filter(Boolean),
    rows: log
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  };
}

function client(env: Record<string, string>): PeaqosClient {
  return new PeaqosClient({
    rpcUrl: env.PEAQOS_RPC_URL!,
    privateKey: env.PEAQOS_PRIVATE_KEY!,
    contracts: {
      identityRegistry: env.IDENTITY_REGISTRY_ADDRESS!,
      identityStaking: env.IDENTITY_STAKING_ADDRESS!,
      eventRegistry: env.EVENT_REGISTRY_ADDRESS!,
      machineNft: env.MACHINE_NFT_ADDRESS!,
      didRegistry: env.DID_REGISTRY_ADDRESS!,
      batchPrecompile: env.BATCH_PRECOMPILE_ADDRESS!,
    },
  });
}

test("activates a self-managed machine, and running it again sends nothing", async () => {
  const env = await stack.env("self");
  const first = await run(["activate", ...urls], env);
  expect(first.stderr).toContain("[6/6] Write DID attributes");
  expect(first.code).toBe(0);
  const { address } = client(env);
  expect(first.stdout).toMatch(
    new RegExp(
      `^\nMachine activated successfully.\n  Machine ID:   \\d+\n  Token ID:     \\d+\n  Machine DID:  did:peaq:${address}\n$`,
    ),
  );
  expect(first.rows.map(({ step, status }) => `${step} ${status}`)).toEqual([
    "register pending",
    "register confirmed",
    "mint_nft pending",
    "mint_nft confirmed",
    "machine_did pending",
    "machine_did confirmed",
  ]);
  const nonce = await stack.chain.publicClient.getTransactionCount({ address });
  const again = await run(["activate", ...urls], env, first.folder);
  expect(again.code).toBe(0);
  expect(again.stdout).toBe(first.stdout);
  expect(
    again.rows.slice(6).map(({ step, status, recovered_from }) => [step, status, recovered_from]),
  ).toEqual([
    ["register", "skipped", undefined],
    ["mint_nft", "skipped", undefined],
    ["machine_did", "skipped", "AttributeAlreadyOnChain"],
  ]);
  expect(await stack.chain.publicClient.getTransactionCount({ address })).toBe(nonce);
});

test("the journal has the published form: sorted keys, no blanks, 0x hashes, microseconds, 0600", async () => {
  const { folder, lines, rows } = await run(["activate", ...urls], await stack.env("journal"));
  for (const [index, line] of lines.entries()) {
    expect(line).toBe(
      JSON.stringify(Object.fromEntries(Object.entries(rows[index]).sort(([a], [b]) => (a < b ? -1 : 1)))),
    );
    expect(rows[index].ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
    expect(rows[index].tx_hash).toMatch(/^0x[0-9a-f]{64}$/);
  }
  expect(rows[1]).toMatchObject({ mode: "self", status: "confirmed", step: "register" });
  expect(rows[5]).toMatchObject({ machine_did_tx_count: 6, mode: "self" });
  expect((await stat(join(folder, "peaqos.log"))).mode & 0o777).toBe(0o600);
  expect(lines.join("")).not.toContain(stack.key("journal").slice(2));
});

test("other URLs on a second run update the DID, and only what differs", async () => {
  const env = await stack.env("update");
  await run(["activate", ...urls], env);
  const changed = ["--doc-url", "https://example.com/new", "--data-api", "https://example.com/events"];
  const dry = await run(["activate", ...changed, "--dry-run"], env);
  expect(dry.stdout).toContain("documentation_url: https://example.com/docs -> https://example.com/new");
  const second = await run(["activate", ...changed, "--visibility", "private"], env);
  expect(second.rows.at(-1)).toMatchObject({
    step: "machine_did",
    status: "confirmed",
    machine_did_tx_count: 2,
  });
  const peaqos = client(env);
  expect((await findAttribute(peaqos, peaqos.address, "documentation_url"))?.value).toBe(
    "https://example.com/new",
  );
  expect((await findAttribute(peaqos, peaqos.address, "data_visibility"))?.value).toBe("private");
});

test("an operator activates two machines, and both are in its list", async () => {
  const env = await stack.env("operator");
  await run(["activate", ...urls], env);
  const machines: string[] = [];
  for (const name of ["machine one", "machine two"]) {
    const machineEnv = await stack.env(name);
    const file = join(stack.folder, `${name}.key`);
    await writeFile(file, `${machineEnv.PEAQOS_PRIVATE_KEY}\n`, { mode: 0o600 });
    const { address } = client(machineEnv);
    machines.push(address);
    const outcome = await run(["activate", "--for", address, "--machine-key", file, ...urls], env);
    expect(outcome.stderr).toContain("[6/6]");
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain("Machine activated successfully (proxy-managed).");
    expect(outcome.stdout).toContain(`  Machine Address:  ${address}`);
    expect(outcome.stdout).toContain(`  Operator DID:     did:peaq:${client(env).address}`);
  }
  const operator = client(env);
  const ids = await Promise.all(machines.map((address) => machineIdOf(operator, address as `0x${string}`)));
  expect((await findAttribute(operator, operator.address, "machines"))?.value).toBe(`[${ids.join(", ")}]`);
  expect((await findAttribute(operator, machines[0] as `0x${string}`, "operator"))?.value).toBe(
    `did:peaq:${operator.address}`,
  );
});

test("an operator that is not registered itself spends nothing: exit 2", async () => {
  const env = await stack.env("no operator");
  const machineEnv = await stack.env("machine of nobody");
  const file = join(stack.folder, "nobody.key");
  await writeFile(file, machineEnv.PEAQOS_PRIVATE_KEY!);
  const { address } = client(machineEnv);
  const outcome = await run(["activate", "--for", address, "--machine-key", file, ...urls], env);
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toContain("is not registered itself");
  expect(outcome.rows).toEqual([]);
});

test("a wallet with half the bond is told exactly what is missing, and nothing is sent", async () => {
  const env = await stack.env("poor", ONE_PEAQ / 2n);
  const outcome = await run(["activate", ...urls], env);
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toMatch(/holds 0\.5 PEAQ and needs 1\.\d+ PEAQ: 0\.5\d* PEAQ are missing/);
  expect(outcome.stderr).toContain(`to ${client(env).address}`);
  expect(outcome.rows).toEqual([]);
  const skipped = await run(["activate", ...urls, "--skip-funding"], env);
  expect(skipped.code).toBe(2);
  expect(skipped.stderr).toContain("Balance check - skipped (--skip-funding)");
  expect(skipped.stderr).toContain("missing");
});

test("--dry-run shows plan and cost and leaves the chain alone", async () => {
  const env = await stack.env("dry");
  const outcome = await run(["activate", ...urls, "--dry-run", "--json"], env);
  expect(outcome.code).toBe(0);
  const answer = JSON.parse(outcome.stdout);
  expect(answer).toMatchObject({ mode: "self", dry_run: true, machine_id: null, token_id: null });
  expect(answer.steps.map(({ status }: { status: string }) => status)).toEqual([
    "planned",
    "planned",
    "planned",
  ]);
  expect(await stack.chain.publicClient.getTransactionCount({ address: client(env).address })).toBe(0);
});

test("a registration that raced with another run ends as a skip", async () => {
  const env = await stack.env("race");
  const me = client(env);
  await me.registerMachine();
  // The first look still sees the world before the other run's registration.
  await using rpc = await faultyRpc(stack.chain.url);
  const old = "0x".padEnd(66, "0");
  rpc.set("eth_call", async (request, forward) => {
    const data = String((request.params?.[0] as { data?: string } | undefined)?.data);
    if (data.startsWith("0x") && data.toLowerCase().includes(me.address.slice(2).toLowerCase()) && !raced) {
      raced = true;
      return { jsonrpc: "2.0", id: request.id, result: old };
    }
    return forward();
  });
  let raced = false;
  const outcome = await run(["activate", ...urls], { ...env, PEAQOS_RPC_URL: rpc.url });
  expect(outcome.stderr).toContain("already registered as machine");
  expect(outcome.code).toBe(0);
  expect(outcome.rows.find(({ step }) => step === "register")).toMatchObject({
    status: "skipped",
    recovered_from: "AlreadyRegistered",
  });
});

test("a run that lost the node's answer goes on where it stopped", async () => {
  const env = await stack.env("cut");
  await using rpc = await faultyRpc(stack.chain.url);
  const cut = { ...env, PEAQOS_RPC_URL: rpc.url };
  rpc.set("eth_getTransactionReceipt", faults.error(-32000, "down"), 1);
  rpc.set("*", async (request, forward) => {
    if (request.method === "eth_sendRawTransaction") sent += 1;
    return sent > 1 && request.method === "eth_sendRawTransaction"
      ? { jsonrpc: "2.0", id: request.id, error: { code: -32000, message: "the node is closed" } }
      : forward();
  });
  let sent = 0;
  const first = await run(["activate", ...urls], cut);
  expect(first.code).toBe(2);
  expect(first.rows.some(({ step, status }) => step === "register" && status === "confirmed")).toBe(true);
  rpc.clear();
  const second = await run(["activate", ...urls], cut, first.folder);
  expect(second.code).toBe(0);
  expect(second.stderr).toContain("already registered");
});

test.each([
  ["--doc-url is no URL", ["--doc-url", "example", "--data-api", "https://a.b"], 1, "must be an http"],
  ["--doc-url missing", ["--data-api", "https://a.b"], 1, "Missing --doc-url"],
  ["a wrong visibility", [...urls, "--visibility", "publik"], 1, "did you mean --visibility public?"],
  ["--for without --machine-key", [...urls, "--for", `0x${"1".repeat(40)}`], 1, "--for needs --machine-key"],
  ["--machine-key without --for", [...urls, "--machine-key", "x"], 1, "--machine-key needs --for"],
  [
    "a key file that is not there",
    [...urls, "--for", `0x${"1".repeat(40)}`, "--machine-key", "none.key"],
    3,
    "There is no key file",
  ],
])("%s stops before the first request", async (_name, argv, code, text) => {
  await using rpc = await faultyRpc(stack.chain.url);
  const env = { ...(await stack.env("input")), PEAQOS_RPC_URL: rpc.url };
  const outcome = await run(["activate", ...argv], env);
  expect(outcome.stderr.replaceAll(/\s+/g, " ")).toContain(text);
  expect(outcome.code).toBe(code);
  expect(rpc.requests).toEqual([]);
});

test("a key file with another machine's key is refused and never shown", async () => {
  const env = await stack.env("mismatch");
  const file = join(stack.folder, "wrong.key");
  await writeFile(file, stack.key("somebody else"));
  const outcome = await run(
    ["activate", ...urls, "--for", `0x${"1".repeat(40)}`, "--machine-key", file],
    env,
  );
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain("is not the key of --for");
  expect(outcome.stderr).not.toContain(stack.key("somebody else").slice(2));
});

test("proxy mode names the machine's own wallet when it cannot pay for its DID: nothing is sent", async () => {
  const env = await stack.env("rich operator");
  await run(["activate", ...urls], env);
  const machineEnv = await stack.env("poor machine", 0n);
  const file = join(stack.folder, "poor.key");
  await writeFile(file, machineEnv.PEAQOS_PRIVATE_KEY!);
  const { address } = client(machineEnv);
  const outcome = await run(["activate", "--for", address, "--machine-key", file, ...urls], env);
  expect(outcome.code).toBe(2);
  expect(outcome.stderr.replaceAll(/\s+/g, " ")).toMatch(new RegExp(`send 0\\.\\d+ PEAQ to ${address}`));
  expect(outcome.rows).toEqual([]);
});

test("two runs at once end in one machine, and both succeed", async () => {
  const env = await stack.env("twice at once");
  const both = await Promise.all([run(["activate", ...urls], env), run(["activate", ...urls], env)]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(both[0].stdout).toBe(both[1].stdout);
});

test("a registry without code, and a registry of another kind: exit 2, nothing is paid", async () => {
  const env = await stack.env("astray");
  const nowhere = `0x${"7".repeat(40)}`;
  for (const [name, value] of [
    ["IDENTITY_REGISTRY_ADDRESS", nowhere],
    ["MACHINE_NFT_ADDRESS", nowhere],
    ["IDENTITY_REGISTRY_ADDRESS", stack.chain.deployment.usdc],
  ] as const) {
    const outcome = await run(["activate", ...urls], { ...env, [name]: value });
    expect([name, outcome.code]).toEqual([name, 2]);
    expect(outcome.stderr).toContain("Next:");
  }
  const { address } = client(env);
  expect(await stack.chain.publicClient.getBalance({ address })).toBe(10_000n * ONE_PEAQ);
});

test("a label that says mainnet never signs on another chain", async () => {
  const env = await stack.env("label", undefined, { PEAQOS_NETWORK: "mainnet" });
  const outcome = await run(["activate", ...urls], env);
  expect(outcome.code).toBe(2);
  expect(outcome.stderr).toContain("chain 33380");
  expect(outcome.rows).toEqual([]);
});
