import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fixtureAnswer, marketStub } from "../../../sdk/test/market-stub.ts";
import { type HttpStub, httpStub } from "../test/http-stub.ts";
import { runCli } from "../test/run-cli.ts";
import { type Stack, startStack } from "../test/stack.ts";
import { commands } from "./table.ts";

const did = "did:peaq:0x9a5F1E244c15e491Ae571c5bF77fDD836ddc37C5";
const rating = {
  did,
  machine_id: 1,
  mcr_score: 0,
  mcr: "NR",
  mcr_degraded: false,
  bond_status: "bonded",
  negative_flag: false,
  event_count: 0,
  revenue_event_count: 0,
  activity_event_count: 0,
  revenue_trend: "insufficient",
  total_revenue: 0,
  average_revenue_per_event: 0,
  last_updated: null,
};
const profile = {
  schema_version: "1.0",
  name: "Machine (no NFT)",
  peaqos: {
    machine_id: 1,
    did,
    operator: null,
    mcr: "NR",
    mcr_score: 0,
    bond_status: "bonded",
    negative_flag: false,
    event_count: 0,
    data_visibility: "private",
    documentation_url: null,
  },
};
const fleet = { operator_did: did, machines: [], pagination: { offset: 0, limit: 20, total: 0 } };

type Item = { item?: object; items?: object[] };

let stack: Stack;
let market: Awaited<ReturnType<typeof marketStub>>;
let stub: HttpStub;
let env: Record<string, string>;
let cwd: string;

beforeAll(async () => {
  stack = await startStack();
  stub = await httpStub({
    [`/mcr/${did}`]: rating,
    [`/machine/${did}`]: profile,
    [`/operator/${did}/machines`]: fleet,
    "/health": { status: "ok" },
    "/ready": { status: "ready" },
  });
  market = await marketStub();
  const { address } = privateKeyToAccount(stack.key("everybody"));
  const edits: Record<string, (answer: Item) => void> = {
    "/machine-identity/challenges": ({ item }) =>
      Object.assign(item ?? {}, { controllerAddresses: [address] }),
    "/agent-pairings": ({ items }) => Object.assign(items?.[0] ?? {}, { agentAddress: address }),
    "/market/orders/check": (answer) => Object.assign(answer, { allowed: true }),
  };
  market.answer(({ method, path }) => {
    const answer = fixtureAnswer(method, path);
    const edit = Object.entries(edits).find(([end]) => path.split("?")[0]?.endsWith(end))?.[1];
    if (edit === undefined || answer.body === undefined) return answer;
    const body = JSON.parse(answer.body);
    edit(body);
    return { ...answer, body: JSON.stringify(body) };
  });
  env = await stack.env("everybody", undefined, {
    PEAQOS_ORCHESTRATION_URL: market.url,
    PEAQOS_ORCH_API_KEY: "platform-key",
    PEAQOS_MCR_API_URL: stub.url,
    XDG_STATE_HOME: stack.folder,
  });
  cwd = await mkdtemp(join(stack.folder, "every-"));
  await writeFile(join(cwd, "rows.csv"), "at,amount\n1700000000,5\n");
  await writeFile(join(cwd, "agent.token"), "the.pairing.token\n", { mode: 0o600 });
  await writeFile(join(cwd, "agent.key"), `${stack.key("everybody")}\n`, { mode: 0o600 });
  await writeFile(join(cwd, "catalogue.json"), '{"version":"1","services":[]}');
});
afterAll(async () => {
  await market.stop();
  await stub[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
});

const machineFlags = ["--machine-id", "mach_61f043950cf1"];
const pairingFlags = [...machineFlags, "--agent-pairing-id", "pair_67c50f8fdd3c"];
const token = ["--pairing-token-file", "agent.token"];
const paid = [
  ...["--payment-tx-hash", `0x${"ab".repeat(32)}`],
  ...["--payment-chain", "eip155:33380", "--payment-token", "USDC"],
];
const key = ["--agent-key-file", "agent.key"];
const agentFlags = (address: string) => [
  ...machineFlags,
  ...["--agent-address", address, "--agent-provider", "p", "--agent-role", "buyer"],
];
const agent = () => agentFlags(privateKeyToAccount(stack.key("everybody")).address);
const orderId = "mord_0123456789ab";

/** Lines of the market's commands, against a stand-in that answers the wire's fixtures. */
const SCALE: Readonly<Record<string, () => readonly string[]>> = {
  "scale machine onboard": () => [
    ...["--identity-ref", did, "--display-name", "n", "--owner-id", "o", "--machine-type", "t"],
    ...["--runtime-profile", "r", "--identity-key-file", "agent.key", "--yes"],
  ],
  "scale machine list": () => [],
  "scale machine status": () => ["mach_1"],
  "scale machine activate": () => ["mach_1"],
  "scale machine challenge": () => ["--identity-ref", did],
  "scale agent pair": () => [...agent(), ...key, "--daily-limit", "5", "--currency", "USD", "--yes"],
  "scale agent list": () => machineFlags,
  "scale agent rotate": () => ["pair_67c50f8fdd3c", ...machineFlags, ...key],
  "scale agent revoke": () => ["pair_67c50f8fdd3c", ...machineFlags, "--yes"],
  "scale agent challenge": () => agent(),
  "scale search": () => [...machineFlags, "--service-type", "oracle.price-feed", ...token],
  "scale order": () => ["svc_1", ...pairingFlags, ...token, ...paid, "--yes"],
  "scale order check": () => ["svc_1", ...pairingFlags, ...token],
  "scale order status": () => [orderId],
  "scale order list": () => [...machineFlags, "--limit", "5"],
  "scale order watch": () => [orderId, "--until", "created"],
  "scale order resume": () => [orderId, ...token, ...paid],
  "scale order pay": () => [orderId, ...token, ...paid],
  "scale order execute": () => [orderId, ...token],
  "scale order received": () => [orderId, ...token, "--yes"],
  "scale order dispute": () => [orderId, ...token, "--reason", "late", "--yes"],
  "scale order resolve": () => [orderId, "--resolution", "refund", "--yes"],
  "scale order cancel": () => [orderId, ...token, "--yes"],
  "scale order retry": () => [orderId, ...token],
  "scale allowance": () => pairingFlags,
  "scale policy show": () => pairingFlags,
  "scale policy set": () => [...pairingFlags, "--daily-limit", "20", "--yes"],
  "scale policy check": () => [...pairingFlags, ...token],
  "scale audit verify": () => [],
  "scale catalogue put": () => ["catalogue.json", "--yes"],
  "scale key list": () => [],
  "scale key create": () => ["k", "--scopes", "read"],
  "scale key rotate": () => ["pkey_1"],
  "scale key revoke": () => ["pkey_1", "--yes"],
};

/** A line for each command that succeeds, in an order in which they build on each other. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  init: ["--non-interactive"],
  whoami: [],
  activate: ["--doc-url", "https://example.com/d", "--data-api", "https://example.com/a"],
  "qualify event": ["--machine-id", "1", "--type", "activity", "--value", "1", "--ts", "1700000000"],
  "qualify import": [
    "rows.csv",
    "--type",
    "activity",
    "--machine-id",
    "1",
    "--map",
    "ts=at",
    "--map",
    "value=amount",
  ],
  "qualify mcr": [did],
  "show machine": [did],
  "show operator machines": [did],
  doctor: [],
  completion: ["bash"],
};

const lineOf = (name: string) => LINES[name] ?? SCALE[name]?.() ?? [];

test("every command, piped with --json: stdout is one JSON object with the documented keys, exit 0", async () => {
  expect([...Object.keys(LINES), ...Object.keys(SCALE)].sort()).toEqual(
    commands.map(({ path }) => path.join(" ")).sort(),
  );
  for (const { path, output } of commands) {
    const name = path.join(" ");
    const { code, stdout, stderr } = await runCli([...path, ...lineOf(name), "--json"], {
      env,
      cwd,
      now: Date.now,
    });
    expect([name, code, code === 0 ? "" : stderr]).toEqual([name, 0, ""]);
    expect([name, Object.keys(JSON.parse(stdout))]).toEqual([name, output.map((field) => field.name)]);
  }
});

test("with --quiet stderr stays empty, with --verbose and without it stdout is the same", async () => {
  const at = Date.now();
  const now = () => at;
  for (const { path } of commands) {
    const name = path.join(" ");
    if (name === "init") continue;
    const argv = [...path, ...lineOf(name)];
    const quiet = await runCli(["-q", ...argv], { env, cwd, now });
    expect([name, quiet.code, quiet.stderr]).toEqual([name, 0, ""]);
    // A retry of the same draft or of the same payment says so, and a secret is shown once.
    if (name === "qualify event") continue;
    expect((await runCli(["-v", ...argv], { env, cwd, now })).stdout).toBe(quiet.stdout);
  }
});

test("without settings every command that needs some ends with exit 3 and the line to type", async () => {
  const needNone = ["init", "completion", "doctor"];
  for (const { path } of commands) {
    const name = path.join(" ");
    if (needNone.includes(name)) continue;
    const away = { PEAQOS_MCR_API_URL: "not an address" };
    const folder = await mkdtemp(join(stack.folder, "bare-"));
    await writeFile(join(folder, "rows.csv"), "at,amount\n1700000000,5\n");
    const outcome = await runCli([...path, ...lineOf(name)], { env: away, cwd: folder });
    expect([name, outcome.code, outcome.stdout]).toEqual([name, 3, ""]);
    expect(outcome.stderr).toContain("export ");
  }
});

test("a chain that is away: exit 2 for every command that asks it", async () => {
  for (const name of ["whoami", "activate", "qualify event", "qualify import", "doctor"]) {
    const outcome = await runCli([...name.split(" "), ...lineOf(name)], {
      env: { ...env, PEAQOS_RPC_URL: "http://127.0.0.1:9" },
      cwd,
    });
    expect([name, outcome.code]).toEqual([name, 2]);
    expect(outcome.stderr + outcome.stdout).toContain("127.0.0.1:9");
  }
});
