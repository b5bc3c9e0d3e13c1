import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testUsdcAbi } from "@peaqos/abi";
import { devnetKey } from "@peaqos/devnet";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFaultySeller, type FaultySeller } from "../../../../../examples/sellers/faulty/seller.ts";
import { priced } from "../../../../../services/market/test/shop.ts";
import { type MarketWorld, marketWorld } from "../../../../../services/market/test/world.ts";
import { runCli } from "../../test/run-cli.ts";

/** The market by hand, from nothing to a resolved dispute: real market, rating service, chain, database and seller. */

const platformKey = "the platform key of this story";
let world: MarketWorld;
let paid: FaultySeller;
let free: FaultySeller;
let cwd: string;
let env: Record<string, string>;
let machineName: string;

beforeAll(async () => {
  world = await marketWorld({
    settings: {
      PEAQOS_REQUIRE_API_AUTH: "true",
      PEAQOS_API_KEYS: createHash("sha256").update(platformKey).digest("hex"),
    },
  });
  cwd = await mkdtemp(join(tmpdir(), "peaqos-market-story-"));
  env = {
    PEAQOS_ORCHESTRATION_URL: world.market.url,
    PEAQOS_ORCH_API_KEY: platformKey,
    PEAQOS_RPC_URL: world.chain.url,
  };
  [paid, free] = await Promise.all([
    createFaultySeller({ id: "svc_paid" }),
    createFaultySeller({ id: "svc_free" }),
  ]);
  machineName = "story machine";
  await world.registered(machineName);
  await writeFile(join(cwd, "machine.key"), devnetKey(`test ${machineName}`), { mode: 0o600 });
  await writeFile(join(cwd, "agent.key"), devnetKey("test story agent"), { mode: 0o600 });
  await writeFile(join(cwd, "input.json"), '{"text":"hello"}');
  const services = [{ ...paid.listing(), ...priced(world, "svc_paid", 0.4) }, free.listing()];
  await writeFile(join(cwd, "catalogue.json"), JSON.stringify({ version: "story-1", services }));
}, 60_000);
afterAll(async () => {
  await Promise.all([paid.stop(), free.stop()]);
  await world[Symbol.asyncDispose]();
  await rm(cwd, { recursive: true, force: true });
});

const peaqos = (...line: string[]) => runCli(["scale", ...line], { env, cwd, now: Date.now });
// biome-ignore lint/suspicious/noExplicitAny: JSON of many shapes
async function json(...line: string[]): Promise<any> {
  const { code, stdout, stderr } = await peaqos(...line, "--json");
  expect(code, `${line.join(" ")}\n${stderr}`).toBe(0);
  return JSON.parse(stdout);
}
async function refused(code: string, ...line: string[]) {
  const outcome = await peaqos(...line, "--json");
  const { error } = JSON.parse(outcome.stderr.trim().split("\n").at(-1) as string);
  expect([outcome.code, outcome.stdout, error.code]).toEqual([code === "WRONG_INPUT" ? 1 : 2, "", code]);
  return error;
}
const sellerHas = async () =>
  Number(
    await world.chain.publicClient.readContract({
      address: world.chain.deployment.usdc,
      abi: testUsdcAbi,
      functionName: "balanceOf",
      args: [world.seller],
    }),
  ) / 1e6;

test("onboard, pair, search, order, pay, receive, dispute, resolve, verify", {
  timeout: 120_000,
}, async () => {
  // The operator's part.
  expect(await json("catalogue", "put", "catalogue.json")).toMatchObject({ services: 2, added: 2 });
  const machineAccount = await world.chain.account(machineName);
  const did = `did:peaq:${machineAccount.address}`;
  const onboarding = [
    ...["machine", "onboard", "--identity-ref", did, "--display-name", "rover-014", "--owner-id", "op_xyz"],
    ...["--machine-type", "qvac", "--runtime-profile", "machine-runtime-agent"],
  ];
  const machine = await json(...onboarding, "--identity-key-file", "machine.key");
  expect(machine).toMatchObject({ status: "active", identity_ref: did });
  const again = await refused("MACHINE_IDENTITY_EXISTS", ...onboarding, "--identity-key-file", "machine.key");
  expect(again.next).toContain("scale machine list");

  const agent = await world.chain.account("story agent");
  await world.fund(agent.address, 10);
  const pairing = await json(
    ...["agent", "pair", "--machine-id", machine.id, "--agent-address", agent.address],
    ...["--agent-provider", "teneo", "--agent-role", "machine-market-buyer", "--agent-key-file", "agent.key"],
    ...["--per-tx-limit", "0.5", "--daily-limit", "1", "--currency", "USD", "--token-file", "agent.token"],
  );
  expect(pairing).toMatchObject({ status: "active", pairing_token: null });
  expect((await stat(join(cwd, "agent.token"))).mode & 0o777).toBe(0o600);

  // The agent's part.
  const who = ["--machine-id", machine.id, "--agent-pairing-id", pairing.id];
  const token = ["--pairing-token-file", "agent.token"];
  const search = await json(
    "search",
    "--machine-id",
    machine.id,
    "--service-type",
    paid.listing().serviceType,
    ...token,
  );
  const quote = search.quotes.find((each: { service_id: string }) => each.service_id === "svc_paid");
  const body = [...who, ...token, "--input", "input.json"];
  expect(await json("order", "check", "svc_paid", ...body)).toMatchObject({ allowed: true, amount: 0.4 });
  const before = await sellerHas();
  const bought = await peaqos(
    ...["order", "svc_paid", ...body, "--search-id", search.id, "--quote-id", quote.id],
    ...["--operation", quote.operation, "--payment-key-file", "agent.key", "--yes"],
  );
  expect([bought.code, bought.code === 0 ? "" : bought.stderr]).toEqual([0, ""]);
  expect(bought.stdout).toContain('"text": "hello"');
  expect(await sellerHas()).toBeCloseTo(before + 0.4, 6);
  const [first] = await json("order", "list", "--machine-id", machine.id);
  expect(first).toMatchObject({ status: "delivered", service_id: "svc_paid" });
  expect(await json("order", "received", first.id, ...token)).toMatchObject({
    order: { status: "confirmed" },
  });

  // A second one stops after ordering, and goes on; the same transfer is never made twice.
  const placed = await json("order", "svc_paid", ...who, ...token, "--place-only");
  const pay = ["order", "resume", placed.order.id, ...token, "--payment-key-file", "agent.key"];
  // Nothing is paid while it is clear that the seller would refuse: the input is still missing.
  const early = await refused("WRONG_INPUT", ...pay);
  expect(early.message).toContain("input.text: is missing (contract of echo); nothing was paid");
  expect(early.next).toContain(`order resume ${placed.order.id}`);
  expect(early.next).toContain("--input FILE --payment-key-file agent.key");
  const resume = [...pay, "--input", "input.json"];
  expect(await json("order", "status", placed.order.id)).toMatchObject({ order: { status: "created" } });
  expect(await json(...resume)).toMatchObject({
    order: { status: "delivered" },
    payment: { status: "held" },
  });
  expect(await json(...resume)).toMatchObject({ execution: { outcome: { result: { text: "hello" } } } });
  expect(await sellerHas()).toBeCloseTo(before + 0.8, 6);

  // An agent without the platform's key goes on as well, step by step.
  const bare = { PEAQOS_ORCHESTRATION_URL: world.market.url, PEAQOS_RPC_URL: world.chain.url };
  const asAgent = async (...line: string[]) => {
    const { code, stdout, stderr } = await runCli(["scale", ...line, "--json"], {
      env: bare,
      cwd,
      now: Date.now,
    });
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };
  const own = await asAgent("order", "svc_free", ...body, "--place-only");
  expect(await asAgent("order", "resume", own.order.id, ...token)).toMatchObject({
    order: { status: "delivered" },
  });

  // The limit of the day: 0.8 of 1 USD is spent.
  const left = await json("allowance", ...who, ...token);
  expect(left).toMatchObject({ spent_today: 0.8, remaining_today: 0.2, daily_spend_limit: 1 });
  const stopped = await refused(
    "AGENT_DAILY_LIMIT_EXCEEDED",
    "order",
    "svc_paid",
    ...body,
    "--payment-key-file",
    "agent.key",
  );
  expect(stopped.message).toContain("0.2");
  const checked = await json("policy", "check", ...who, ...token);
  expect(checked.services).toEqual([
    expect.objectContaining({ service_id: "svc_free", allowed: true }),
    expect.objectContaining({ service_id: "svc_paid", allowed: false, code: "AGENT_DAILY_LIMIT_EXCEEDED" }),
  ]);
  expect(await json("order", "svc_free", ...body)).toMatchObject({
    order: { status: "delivered" },
    payment: null,
  });

  // A provider that fails, a retry that succeeds.
  free.set("error-400", 1);
  const failing = await peaqos("order", "svc_free", ...body);
  expect([failing.code, failing.stdout.includes("order retry mord_")]).toEqual([2, true]);
  const failedId = /Order ID:\s+(\S+)/.exec(failing.stdout)?.[1] as string;
  expect(await json("order", "retry", failedId, ...token)).toMatchObject({ order: { status: "delivered" } });

  // A dispute and its resolution.
  await writeFile(join(cwd, "evidence.json"), '{"meter":"0 kWh"}');
  const raised = await json(
    ...[
      "order",
      "dispute",
      placed.order.id,
      "--reason",
      "nothing came",
      "--evidence",
      "evidence.json",
      ...token,
    ],
  );
  expect(raised).toMatchObject({
    order: { status: "disputed" },
    payment: { status: "frozen" },
    dispute: { status: "open", evidence: { meter: "0 kWh" } },
  });
  expect(await json("order", "resolve", placed.order.id, "--resolution", "release")).toMatchObject({
    payment: { status: "released" },
    dispute: { status: "resolved", resolution: "release" },
  });

  // A change of the policy ends the token at once; a new one follows it.
  await json("policy", "set", ...who, "--daily-limit", "20");
  await refused("AGENT_AUTH_INVALID", "allowance", ...who, ...token);
  await json(
    "agent",
    "rotate",
    pairing.id,
    "--machine-id",
    machine.id,
    "--agent-key-file",
    "agent.key",
    "--token-file",
    "agent.token",
  );
  expect(await json("allowance", ...who, ...token)).toMatchObject({ daily_spend_limit: 20 });

  // Keys: one that may only read.
  const reader = await json("key", "create", "reader", "--scopes", "read");
  const asReader = ["--orch-api-key", reader.key];
  expect(await json("machine", "list", ...asReader)).toMatchObject({ items: [{ id: machine.id }] });
  await refused("FORBIDDEN", "catalogue", "put", "catalogue.json", ...asReader);
  await json("key", "revoke", reader.id);
  await refused("AUTH_INVALID", "machine", "list", ...asReader);

  await json("agent", "revoke", pairing.id, "--machine-id", machine.id);
  await refused("AGENT_PAIRING_INACTIVE", "order", "svc_free", ...body);
  expect(await json("audit", "verify")).toMatchObject({ valid: true, problems: [] });
  expect((await runCli(["doctor"], { env, cwd, now: Date.now })).stdout).toContain("Market ready");

  // No secret stayed behind.
  const log = await readFile(join(cwd, "peaqos.log"), "utf8");
  const secret = await readFile(join(cwd, "agent.token"), "utf8");
  expect(log.includes(secret.trim())).toBe(false);
});
