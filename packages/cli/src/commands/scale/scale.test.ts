import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  fixtureAnswer,
  marketFixtures,
  marketStub,
  type Recorded,
  type StubAnswer,
} from "../../../../sdk/test/market-stub.ts";
import { type RunOptions, runCli } from "../../test/run-cli.ts";

/** The commands of `scale` against a stand-in that answers the wire's fixtures: what is sent, shown, refused, kept. */

const key = `0x${"17".repeat(32)}` as const;
const account = privateKeyToAccount(key);
const hash = `0x${"ab".repeat(32)}`;
const SECRET = "header.payload.wxyz";

let market: Awaited<ReturnType<typeof marketStub>>;
let root: string;
let cwd: string;
let env: Record<string, string>;
beforeAll(async () => {
  market = await marketStub();
  root = await mkdtemp(join(tmpdir(), "peaqos-scale-"));
  env = { PEAQOS_ORCHESTRATION_URL: market.url, PEAQOS_ORCH_API_KEY: "platform-key" };
});
beforeEach(async () => {
  cwd = await mkdtemp(join(root, "run-"));
  await writeFile(join(cwd, "agent.key"), `${key}\n`, { mode: 0o600 });
  await writeFile(join(cwd, "agent.token"), "the.agents.token\n", { mode: 0o600 });
});
afterEach(() => market.answer(undefined));
afterAll(async () => {
  await market.stop();
  await rm(root, { recursive: true, force: true });
});

const peaqos = (line: readonly string[], options: RunOptions = {}) =>
  runCli(["scale", ...line], { env, cwd, now: Date.now, ...options });
const errorOf = (stderr: string) => JSON.parse(stderr.trim().split("\n").at(-1) as string).error;
const sent = (method: string, end: string) =>
  market.requests.filter((each) => each.method === method && (each.path.split("?")[0] ?? "").endsWith(end));
const reply = (status: number, body: unknown): StubAnswer => ({ status, body: JSON.stringify(body) });

/** Fixtures, with answers of one's own by method and end of the path. */
function arrange(
  own: Readonly<Record<string, (request: Recorded, nth: number) => StubAnswer | undefined>>,
): void {
  const counts = new Map<string, number>();
  market.answer((request) => {
    const path = request.path.split("?")[0] ?? "";
    const found = Object.entries(own).find(([name]) => {
      const [method, end] = name.split(" ") as [string, string];
      return method === request.method && path.endsWith(end);
    });
    if (found === undefined) return fixtureAnswer(request.method, request.path);
    const nth = (counts.get(found[0]) ?? 0) + 1;
    counts.set(found[0], nth);
    return found[1](request, nth) ?? fixtureAnswer(request.method, request.path);
  });
}
const passing = {
  "POST /orders/check": () => reply(200, { ...marketFixtures.checkMarketOrder, allowed: true }),
};

const agent = [
  ...["--machine-id", "mach_61f043950cf1", "--agent-address", account.address],
  ...["--agent-provider", "teneo", "--agent-role", "buyer"],
];
const pairing = ["--machine-id", "mach_61f043950cf1", "--agent-pairing-id", "pair_67c50f8fdd3c"];
const token = ["--pairing-token-file", "agent.token"];
const byHash = ["--payment-tx-hash", hash, "--payment-chain", "eip155:33380", "--payment-token", "USDC"];
const order = ["order", "svc_0123456789ab", ...pairing, ...token];

/** Guarantees that a token reaches one place only: stdout once, or a file that nobody else can read. */
describe("tokens", () => {
  test("agent pair prints the token once and logs it nowhere", async () => {
    const { code, stdout, stderr } = await peaqos([
      "agent",
      "pair",
      ...agent,
      "--agent-key-file",
      "agent.key",
    ]);
    expect(code).toBe(0);
    expect(stdout.split(SECRET)).toHaveLength(2);
    expect(stderr).not.toContain(SECRET);
    expect(stderr).toContain("the agent has no limit");
    expect(await readdir(cwd)).toEqual(["agent.key", "agent.token"]);
  });

  test("--token-file: mode 0600, also over a file that others could read, and nothing on stdout", async () => {
    await writeFile(join(cwd, "new.token"), "old", { mode: 0o644 });
    const line = ["agent", "rotate", "pair_67c50f8fdd3c", "--machine-id", "mach_61f043950cf1"];
    arrange({ "GET /agent-pairings": () => reply(200, pairings({ agentAddress: account.address })) });
    const { code, stdout, stderr } = await peaqos([
      ...line,
      ...["--agent-key-file", "agent.key", "--token-file", "new.token", "--json"],
    ]);
    expect([code, stdout.includes(SECRET), stderr.includes(SECRET)]).toEqual([0, false, false]);
    expect(JSON.parse(stdout).pairing_token).toBeNull();
    expect(await readFile(join(cwd, "new.token"), "utf8")).toBe(`${SECRET}\n`);
    expect((await stat(join(cwd, "new.token"))).mode & 0o777).toBe(0o600);
  });

  test("a token file that others can read is warned of; one of two lines is refused without its text", async () => {
    await writeFile(join(cwd, "open.token"), "the.agents.token\n", { mode: 0o644 });
    const open = await peaqos(["allowance", ...pairing, "--pairing-token-file", "open.token"]);
    expect([open.code, open.stderr.includes("chmod 600")]).toEqual([0, true]);
    await writeFile(join(cwd, "two.token"), "secret-one\nsecret-two\n", { mode: 0o600 });
    const two = await peaqos(["allowance", ...pairing, "--pairing-token-file", "two.token"]);
    expect([two.code, two.stdout]).toEqual([1, ""]);
    expect(two.stderr).not.toContain("secret-");
  });

  test("the agent's token travels alone, the platform's key never with it", async () => {
    await peaqos(["order", "cancel", "mord_1", ...token, "--yes"]);
    const [request] = sent("POST", "/cancel");
    expect(request?.headers["x-agent-pairing-token"]).toBe("the.agents.token");
    expect(request?.headers["x-api-key"]).toBeUndefined();
  });
});

const pairings = (change: object) => {
  const { items } = marketFixtures.listAgentPairings as { items: object[] };
  return { items: items.map((each) => ({ ...each, ...change })) };
};

describe("proofs", () => {
  test("signed elsewhere: the challenge in a file, byte for byte, then its signature", async () => {
    const { message } = (marketFixtures.createAgentPairingChallenge as { item: { message: string } }).item;
    await peaqos(["agent", "challenge", ...agent, "--message-file", "c.txt"]);
    expect(await readFile(join(cwd, "c.txt"), "utf8")).toBe(message);
    await writeFile(join(cwd, "c.sig"), `${await account.signMessage({ message })}\n`);
    const { code, stdout } = await peaqos([
      "agent",
      "pair",
      ...agent,
      "--agent-signature-file",
      "c.sig",
      "--json",
    ]);
    expect([code, JSON.parse(stdout).pairing_token]).toEqual([0, SECRET]);
    expect(JSON.parse(sent("POST", "/agent-pairings").at(-1)?.body as string).agentProof.challengeId).toBe(
      "apch_0123456789abcdef",
    );
  });

  test("another signer: exit 2, the expected one named, nothing registered", async () => {
    await writeFile(join(cwd, "x.sig"), await account.signMessage({ message: "something else" }));
    market.answer(undefined);
    const outcome = await peaqos(["agent", "pair", ...agent, "--agent-signature-file", "x.sig", "--json"]);
    expect([outcome.code, errorOf(outcome.stderr).code]).toEqual([2, "WRONG_SIGNER"]);
    expect(outcome.stderr).toContain(account.address);
    expect(sent("POST", "/agent-pairings")).toHaveLength(0);
  });

  test("no way to sign and no terminal: exit 1 with both flags and the challenge command", async () => {
    const outcome = await peaqos(["agent", "pair", ...agent]);
    expect(outcome.code).toBe(1);
    for (const part of ["--agent-key-file", "--agent-signature-file", "scale agent challenge"])
      expect(outcome.stderr.replaceAll(/\s+/g, " ")).toContain(part);
  });

  test("onboarding that fails to activate names the machine and the command that goes on", async () => {
    arrange({
      "POST /machine-identity/challenges": () =>
        reply(201, {
          item: {
            ...(marketFixtures.createMachineIdentityChallenge as { item: object }).item,
            controllerAddresses: [account.address],
          },
        }),
      "PATCH /mach_61f043950cf1": () =>
        reply(503, { error: { code: "PEAQOS_IDENTITY_UNAVAILABLE", message: "cannot be asked" } }),
    });
    const outcome = await peaqos([
      ...["machine", "onboard", "--identity-ref", `did:peaq:${account.address}`, "--display-name", "n"],
      ...[
        "--owner-id",
        "o",
        "--machine-type",
        "t",
        "--runtime-profile",
        "r",
        "--identity-key-file",
        "agent.key",
      ],
    ]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain("peaqos scale machine activate mach_61f043950cf1");
  });
});

/** Guarantees that nothing is ordered or signed before its price was shown and there is a way to pay it. */
describe("an order", () => {
  test("price and payee stand on stderr before the order is sent", async () => {
    arrange(passing);
    const { code, stdout, stderr } = await peaqos([...order, ...byHash, "--yes"]);
    expect([code, sent("POST", "/market/orders").length]).toEqual([0, 1]);
    expect(stderr.indexOf("0.25 USDC")).toBeLessThan(stderr.indexOf("[1/5] Creating order"));
    expect(stderr).toContain("0x00000000000000000000000000000000000000aa");
    for (const step of ["[2/5]", "[3/5]", "[4/5]", "[5/5] Executing order"]) expect(stderr).toContain(step);
    expect(stdout).toContain('"rate_value": 1.08');
    expect(stdout).toContain(
      "peaqos scale order received mord_0123456789ab --pairing-token-file agent.token",
    );
  });

  test("--json keeps the progress on stderr and prints the published envelope", async () => {
    arrange(passing);
    const { stdout, stderr } = await peaqos([...order, ...byHash, "--json"]);
    const answer = JSON.parse(stdout);
    expect(stderr).toContain("[5/5]");
    expect(answer.order.input_payload).toEqual({ base_symbol: "EUR", nested: { "GPU-Model": "x" } });
    expect(answer.execution).toMatchObject({ status_code: 200, outcome: { result: { nestedKey: {} } } });
    expect(answer.payment).toMatchObject({ status: "held", rail: { rail_type: "wallet" } });
  });

  test.each<[string, string[], string]>([
    ["nothing says how to pay", ["--yes"], "MISSING_OPTION"],
    ["a hash without its chain", ["--payment-tx-hash", hash], "MISSING_OPTION"],
    ["two ways to pay", ["--pay", "--payment-key-file", "agent.key"], "USAGE"],
    ["no answer to the price", byHash, "NO_TERMINAL"],
    ["--skip-payment alone", ["--skip-payment"], "MISSING_OPTION"],
    ["an input that is no object", ["--input", "agent.key", ...byHash], "JSON_FILE"],
  ])("%s: exit 1, nothing ordered", async (_, more, code) => {
    arrange(passing);
    const outcome = await peaqos([...order, ...more]);
    expect([outcome.code, outcome.stdout]).toEqual([1, ""]);
    const json =
      more.includes("--yes") || code !== "NO_TERMINAL" ? await peaqos([...order, ...more, "--json"]) : null;
    if (json !== null) expect(errorOf(json.stderr).code).toBe(code);
    expect(sent("POST", "/market/orders")).toHaveLength(0);
  });

  test("what the rules would refuse is not ordered: the numbers and what to do", async () => {
    const outcome = await peaqos([...order, ...byHash, "--json"]);
    expect([outcome.code, errorOf(outcome.stderr).code]).toEqual([2, "AGENT_DAILY_LIMIT_EXCEEDED"]);
    expect(errorOf(outcome.stderr).message).toContain("0.1 USD left of 5 USD");
    expect(errorOf(outcome.stderr).next).toContain("peaqos scale allowance");
    expect(sent("POST", "/market/orders")).toHaveLength(0);
    const check = await peaqos(["order", "check", "svc_1", ...pairing, ...token]);
    expect([check.code, check.stdout.includes("The order would be refused.")]).toEqual([1, true]);
  });

  test("input that the seller would refuse is not ordered: the key, the rule, an example", async () => {
    const checked = (passed: boolean, details: object) => ({
      ...marketFixtures.checkMarketOrder,
      allowed: passed,
      checks: [
        {
          rule: "input",
          passed,
          code: passed ? null : "VALIDATION_ERROR",
          message: passed ? "no input yet" : "input.base: is missing (contract of get-rate)",
          details,
        },
      ],
    });
    const example = { base: "EUR" };
    const details = { field: "input.base", keyword: "required", operation: "get-rate", example };
    arrange({ ...passing, "POST /orders/check": () => reply(200, checked(false, details)) });
    const outcome = await peaqos([...order, ...byHash, "--yes", "--json"]);
    expect([outcome.code, errorOf(outcome.stderr)]).toMatchObject([
      1,
      {
        code: "WRONG_INPUT",
        message: "input.base: is missing (contract of get-rate); nothing was ordered",
        next: 'for example --input input.json with {"base":"EUR"}',
        details,
      },
    ]);
    expect(sent("POST", "/market/orders")).toHaveLength(0);
    expect(JSON.parse(sent("POST", "/orders/check")[0]?.body as string).input).toEqual({});
    // What is executed later may get its input then.
    arrange({ ...passing, "POST /orders/check": () => reply(200, checked(true, { example })) });
    expect((await peaqos([...order, "--place-only", "--yes"])).code).toBe(0);
    expect(JSON.parse(sent("POST", "/orders/check").at(-1)?.body as string).input).toBeUndefined();
    const check = await peaqos(["order", "check", "svc_1", ...pairing, ...token]);
    expect(check.stdout).toContain('Input, such as:  {"base":"EUR"}');
  });

  test("paid elsewhere: the transaction that is named is recorded, without one nothing is ordered", async () => {
    const { item } = marketFixtures.createPaymentIntent as { item: { rail: object } };
    const rail = { ...item.rail, type: "external", tokenAddress: null, metadata: null };
    const check = { ...marketFixtures.checkMarketOrder, allowed: true, rail: "external" };
    arrange({
      "POST /orders/check": () => reply(200, check),
      "POST /payment-intent": () => reply(200, { item: { ...item, rail } }),
    });
    const without = await peaqos([...order, "--pay", "--yes"], { env: { ...env, PEAQOS_PRIVATE_KEY: key } });
    expect([without.code, without.stderr.includes("--payment-tx-hash")]).toEqual([1, true]);
    expect(sent("POST", "/market/orders")).toHaveLength(0);
    expect((await peaqos([...order, ...byHash, "--yes"])).code).toBe(0);
    expect(JSON.parse(sent("POST", "/payment-proof")[0]?.body as string)).toMatchObject({
      verificationMode: "recorded",
      amount: "0.25",
      transactionHash: hash,
    });
  });

  test("a payment that is not what was shown is not signed", async () => {
    const { item } = marketFixtures.createPaymentIntent as { item: { rail: object } };
    const rail = { ...item.rail, payeeAddress: `0x${"66".repeat(20)}` };
    arrange({ ...passing, "POST /payment-intent": () => reply(200, { item: { ...item, rail } }) });
    const outcome = await peaqos([...order, "--payment-key-file", "agent.key", "--json"]);
    expect([outcome.code, errorOf(outcome.stderr).code]).toEqual([2, "PRICE_CHANGED"]);
    expect(await readdir(join(cwd, "peaqos-orders"))).toHaveLength(1);
  });
});

/** Guarantees that a user is never left without the order's id and the command that goes on. */
describe("an order that breaks", () => {
  test.each(["/payment-intent", "/payment-proof", "/execute"])("at %s", async (end) => {
    arrange({
      ...passing,
      [`POST ${end}`]: () => reply(403, { error: { code: "AGENT_POLICY_DENIED", message: "changed since" } }),
    });
    const outcome = await peaqos([...order, ...byHash, "--json"]);
    expect([outcome.code, outcome.stdout]).toEqual([2, ""]);
    const { details, message, code } = errorOf(outcome.stderr);
    expect(code).toBe("AGENT_POLICY_DENIED");
    expect(message).toContain("mord_0123456789ab");
    expect(details).toMatchObject({ order_id: "mord_0123456789ab", order_status: "created" });
    expect(details.resume).toBe(
      `peaqos scale order resume mord_0123456789ab --pairing-token-file agent.token --payment-tx-hash ${hash} --payment-chain eip155:33380 --payment-token USDC`,
    );
  });

  test("the answer to the order was lost: the same command is the same order", async () => {
    arrange({ ...passing, "POST /market/orders": (_, nth) => (nth === 1 ? { drop: true } : undefined) });
    const first = await peaqos([...order, ...byHash, "--yes"]);
    expect(first.code).toBe(2);
    expect(first.stderr).toContain("the same command, typed again here, finds it");
    const second = await peaqos([...order, ...byHash, "--yes"]);
    expect([second.code, second.stderr.includes("this is the same order")]).toEqual([0, true]);
    await peaqos([...order, ...byHash, "--yes"]);
    const keys = sent("POST", "/market/orders").map(({ headers }) => headers["idempotency-key"]);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[1]);
  });

  test("Ctrl-C while it executes: exit 1, the order and the command", async () => {
    arrange({ ...passing, "POST /execute": () => ({ hang: true }) });
    let end: (() => void) | undefined;
    const running = peaqos([...order, ...byHash, "--yes"], { onInterrupt: (stop) => (end = stop) });
    while (sent("POST", "/execute").length === 0) await new Promise((next) => setImmediate(next));
    end?.();
    const outcome = await running;
    expect([outcome.code, outcome.stdout]).toEqual([1, ""]);
    expect(outcome.stderr).toContain("peaqos scale order resume mord_0123456789ab");
  });

  test("a provider that failed: exit 2 with the order on stdout, retry and dispute named", async () => {
    const answer = marketFixtures.executeMarketOrder as {
      order: object;
      execution: { run: object; outcome: object };
    };
    const failed = {
      order: { ...answer.order, status: "failed" },
      execution: {
        ...answer.execution,
        outcome: { ...answer.execution.outcome, status: "failed", result: null, errorMessage: "no energy" },
      },
    };
    arrange({ ...passing, "POST /execute": () => reply(200, failed) });
    const outcome = await peaqos([...order, ...byHash, "--yes"]);
    expect(outcome.code).toBe(2);
    for (const part of ["no energy", "order retry mord_", "order dispute mord_"])
      expect(outcome.stdout).toContain(part);
  });
});

describe("what is shown", () => {
  test("search: seven published columns and the price, and a command that goes on as it stands", async () => {
    const { stdout } = await peaqos([
      ...["search", "--machine-id", "mach_1", "--service-type", "oracle.price-feed", ...token],
    ]);
    expect(stdout).toContain("Service ID");
    expect(stdout).toContain("0.25 USDC");
    const hint =
      /Next: (peaqos [\s\S]*)$/.exec(stdout)?.[1]?.replaceAll("\\\n", " ").trim().split(/\s+/) ?? [];
    arrange(passing);
    const next = await runCli([...hint.slice(1), ...byHash, "--yes"], { env, cwd });
    expect([next.code, next.stderr]).toEqual([0, expect.stringContaining("[5/5]")]);
  });

  test("order list: a flat list of every page for programs, one page and its successor for people", async () => {
    const [row] = (marketFixtures.listMarketOrders as { items: object[] }).items;
    arrange({
      "GET /market/orders": ({ path }) =>
        reply(200, path.includes("cursor=c1") ? { items: [row] } : { items: [row], nextCursor: "c1" }),
    });
    const line = ["order", "list", "--machine-id", "mach_1"];
    expect(JSON.parse((await peaqos([...line, "--json"])).stdout)).toHaveLength(2);
    expect(JSON.parse((await peaqos([...line, "--json", "--limit", "1"])).stdout)).toMatchObject({
      next_cursor: "c1",
    });
    expect((await peaqos([...line, "--limit", "1"])).stdout).toContain(
      "Next page: peaqos scale order list --machine-id mach_1 --limit 1 --cursor c1",
    );
  });

  test("no payment record is no failure of order status", async () => {
    arrange({ "GET /payment": () => reply(404, { error: { code: "NOT_FOUND", message: "none" } }) });
    const { code, stdout } = await peaqos(["order", "status", "mord_1", "--json"]);
    expect([code, JSON.parse(stdout).payment]).toEqual([0, null]);
  });

  test("policy set sends the whole policy and says what changes", async () => {
    const { code, stderr } = await peaqos(["policy", "set", ...pairing, "--per-tx-limit", "none"]);
    expect(code).toBe(0);
    expect(stderr).toContain("Per-tx limit: $2.50 → no limit");
    expect(JSON.parse(sent("PATCH", "/pair_67c50f8fdd3c")[0]?.body as string).delegationPolicy).toEqual({
      allowedSkillKeys: [],
      deniedSkillKeys: [],
      allowedServiceIds: [],
      deniedServiceIds: [],
      dailySpendLimit: 5,
      currency: "USD",
    });
  });

  /** Guarantees that provider credentials reach the market and no output, also when the market repeats them. */
  test("provider credentials stay out of every output", async () => {
    await writeFile(join(cwd, "creds.json"), '{"akash":{"apiKey":"hunter2"}}', { mode: 0o600 });
    arrange({
      "POST /search": () =>
        reply(400, { error: { code: "VALIDATION_ERROR", message: "no", details: { apiKey: "hunter2" } } }),
    });
    const line = [
      "search",
      "--machine-id",
      "m",
      "--service-type",
      "t",
      ...token,
      "--provider-credentials",
      "creds.json",
    ];
    for (const flags of [[], ["--json"], ["--verbose"]]) {
      const outcome = await peaqos([...line, ...flags]);
      expect([outcome.code, `${outcome.stdout}${outcome.stderr}`.includes("hunter2")]).toEqual([2, false]);
    }
    expect(sent("POST", "/search")[0]?.body).toContain("hunter2");
  });

  test("an audit log that is broken: exit 2 and the place", async () => {
    arrange({
      "GET /audit-events/verify": () =>
        reply(200, {
          ...marketFixtures.verifyAudit,
          valid: false,
          problems: [{ chain: "mach_1", seq: 7, eventId: "aud_7", problem: "hash does not fit" }],
        }),
    });
    const { code, stdout } = await peaqos(["audit", "verify"]);
    expect([code, stdout]).toEqual([2, expect.stringContaining("mach_1 #7 (aud_7): hash does not fit")]);
  });

  test("text of a server cannot move the cursor", async () => {
    const { item } = marketFixtures.getMachine as { item: object };
    arrange({ "GET /mach_1": () => reply(200, { item: { ...item, displayName: "\u001b[2Jgone" } }) });
    expect((await peaqos(["machine", "status", "mach_1"])).stdout).toContain("\\u001b[2Jgone");
  });
});
