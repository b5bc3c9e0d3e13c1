import { appendFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { catalogueBody, marketServiceSchema } from "@peaqos/protocol/market";
import { expect, test } from "vitest";
import { Answers } from "./answers.ts";
import { execute, post, temporaryFolder } from "./call.fixture.ts";
import { SellerError } from "./errors.ts";
import { createSeller } from "./seller.ts";
import { createGreeter } from "./starter.ts";
import type { Call, JsonObject, Seller, SellerConfig, SellerDefinition } from "./types.ts";

const service = {
  id: "svc_aaaaaaaaaaaa",
  skillKey: "counter",
  providerKey: "tests",
  providerLabel: "Tests",
  serviceType: "machine.commerce",
  name: "Counter",
  description: "Counts what it did.",
  capabilities: [],
  region: "global",
  freshnessSeconds: 0,
};
const contract = {
  operation: "count",
  path: "/count",
  summary: "Counts",
  notes: [],
  inputSchema: {
    type: "object",
    required: ["step"],
    additionalProperties: false,
    properties: { step: { type: "integer", minimum: 1 }, unit: { type: "string", default: "piece" } },
  },
  outputSchema: {
    type: "object",
    required: ["total"],
    additionalProperties: false,
    properties: { total: { type: "integer" }, unit: { type: "string" } },
  },
  exampleInput: { step: 1 },
};

type Run = (input: JsonObject, call: Call) => JsonObject | Promise<JsonObject>;

function counter(dataDir: string, own?: Run, config: Partial<SellerConfig> = {}) {
  const state = { total: 0, calls: [] as Call[] };
  const count: Run = ({ step, unit }, call) => {
    state.total += Number(step);
    state.calls.push(call);
    return { total: state.total, unit };
  };
  const definition: SellerDefinition = {
    service,
    price: null,
    operations: [{ contract, run: own ?? count }],
  };
  return createSeller(definition, { port: 0, dataDir, ...config }).then((seller) => ({
    state,
    seller,
    url: `${seller.url}/count`,
    [Symbol.asyncDispose]: () => seller.stop(),
  }));
}

test("the starter is a whole seller: listed, healthy, selling, in at most 30 lines", async () => {
  using folder = temporaryFolder();
  const seller: Seller = await createGreeter({ port: 0, dataDir: folder.path });
  const listing = seller.listing();
  expect(catalogueBody.safeParse({ version: "1", services: [listing] }).error).toBeUndefined();
  const shown = { ...listing, payment: { ...listing.payment, payerAddress: null } };
  const known = marketServiceSchema.omit({ endpoint: true, consumption: true, updatedAt: true });
  expect(known.strict().parse(shown)).toEqual(shown);
  expect(listing).toMatchObject({
    id: expect.stringMatching(/^svc_[0-9a-f]{12}$/),
    endpoints: [
      {
        label: "Greets by name",
        operation: "say-hello",
        url: seller.url,
        method: "POST",
        path: "/say-hello",
        providerName: "Greeter",
        key: "greeter:say-hello",
        protocols: ["peaqos-http-1"],
        networks: [],
      },
    ],
    operationContracts: [
      {
        operation: "say-hello",
        inputFields: [{ key: "name", type: "string", description: "whom to greet" }],
        providerRequest: { method: "POST", path: "/say-hello" },
      },
    ],
    pricing: { mode: "fixed", amount: 0, currency: "USD" },
    payment: { defaultRail: "not-required", required: false, supportedRails: ["not-required"] },
  });
  const health = await fetch(listing.metadata.healthUrl);
  expect([health.status, await health.json()]).toEqual([
    200,
    { status: "ok", service: listing.id, operations: ["say-hello"] },
  ]);
  expect((await execute(listing, "say-hello")).body).toEqual({ greeting: "Hello, Ada!" });
  await seller.stop();
  await seller.stop();
  const lines = readFileSync(join(import.meta.dirname, "starter.ts"), "utf8").split("\n").length - 1;
  expect(lines).toBeLessThanOrEqual(30);
});

/** Guarantees that a repeat never has a second effect: one key, one execution, one answer. */
test("the same key gets the same answer, at once, side by side and after a restart", async () => {
  using folder = temporaryFolder();
  const key = { "idempotency-key": "run_1" };
  let first: string;
  {
    await using one = await counter(folder.path);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(one.url, { step: 2, unit: "kg" }, key)),
    );
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get("idempotency-replayed") === null)).toHaveLength(1);
    expect(one.state.total).toBe(2);
    first = answers[0]!.text;
    expect((await post(one.url, { step: 2 })).body).toEqual({ total: 4, unit: "piece" });
  }
  await using two = await counter(folder.path);
  const again = await post(two.url, { unit: "kg", step: 2 }, key);
  expect([again.text, again.headers.get("idempotency-replayed")]).toEqual([first, "true"]);
  expect(two.state.total).toBe(0);

  const other = await post(two.url, { step: 3 }, key);
  expect([other.status, other.body.error.code]).toEqual([422, "idempotency_key_reused"]);
  expect(two.state.total).toBe(0);
});

/** Guarantees that an answer is on the disk before it is sent, and that a crash in the middle of writing harms no other. */
test("a half-written record at the end of the journal is cut off, the others stay", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "answers.jsonl");
  const key = (n: number) => ({ "idempotency-key": `run_${n}` });
  {
    await using one = await counter(folder.path);
    for (const n of [1, 2]) await post(one.url, { step: 1 }, key(n));
    expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(2);
  }
  truncateSync(file, readFileSync(file).length - 3);
  await using two = await counter(folder.path);
  expect((await post(two.url, { step: 1 }, key(1))).headers.get("idempotency-replayed")).toBe("true");
  expect((await post(two.url, { step: 1 }, key(2))).headers.get("idempotency-replayed")).toBeNull();
  await two.seller.stop();
  expect(
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).kind),
  ).toEqual(["answer", "answer"]);
});

test("answers older than 30 days are forgotten at the next start, younger ones are not", async () => {
  using folder = temporaryFolder();
  let now = Date.parse("2026-01-01T00:00:00Z");
  const clock = () => now;
  const key = (name: string) => ({ "idempotency-key": name });
  {
    await using one = await counter(folder.path, undefined, { now: clock });
    await post(one.url, { step: 1 }, key("old"));
    now += 20 * 86_400_000;
    await post(one.url, { step: 1 }, key("young"));
  }
  now += 11 * 86_400_000;
  await using two = await counter(folder.path, undefined, { now: clock });
  expect(readFileSync(join(folder.path, "answers.jsonl"), "utf8").trim().split("\n")).toHaveLength(1);
  expect((await post(two.url, { step: 1 }, key("young"))).headers.get("idempotency-replayed")).toBe("true");
  expect((await post(two.url, { step: 1 }, key("old"))).headers.get("idempotency-replayed")).toBeNull();
});

test("an error is not stored: the same key may try again", async () => {
  using folder = temporaryFolder();
  let tries = 0;
  await using failing = await counter(folder.path, () => {
    tries += 1;
    if (tries === 1) throw new SellerError(409, "sold_out", "Nothing is left. Come back tomorrow.");
    if (tries === 2) throw new Error("secret detail");
    return tries === 3 ? { sum: 1 } : { total: 7 };
  });
  const key = { "idempotency-key": "run_1" };
  const answers = [];
  for (let n = 0; n < 5; n += 1) answers.push(await post(failing.url, { step: 1 }, key));
  expect(answers.map(({ status, body }) => [status, body.error?.code ?? body.total])).toEqual([
    [409, "sold_out"],
    [500, "internal_error"],
    [500, "result_breaks_contract"],
    [200, 7],
    [200, 7],
  ]);
  expect(answers[1]!.text).not.toContain("secret detail");
  expect(tries).toBe(4);
});

test("bad requests are refused with the rule they break, and nothing runs", async () => {
  using folder = temporaryFolder();
  await using one = await counter(folder.path, undefined, { inputLimit: 1_000 });
  const { url } = one;
  const ask = async (body: unknown, headers: Record<string, string> = {}) => {
    const { status, body: answer } = await post(url, body, headers);
    return [status, answer.error.code, answer.error.message];
  };
  const broken = (message: string) => [422, "invalid_input", `The input breaks the contract: ${message}.`];
  expect(await ask({})).toEqual(broken("it must have required property 'step'"));
  expect(await ask({ step: "1" })).toEqual(broken("step must be integer"));
  expect(await ask({ step: 0 })).toEqual(broken("step must be >= 1"));
  expect(await ask({ step: 1, more: 1 })).toEqual(broken("it must NOT have additional properties (more)"));
  expect(await ask([1])).toEqual(broken("it must be object"));
  expect(await ask("null")).toEqual(broken("it must be object"));
  expect((await ask("{"))[1]).toBe("invalid_json");
  expect((await ask(""))[1]).toBe("invalid_json");
  expect((await ask('{"step":1,"__proto__":{"x":1}}'))[1]).toBe("invalid_json");
  expect((await ask(`${"[".repeat(400)}${"]".repeat(400)}`))[1]).toBe("invalid_input");
  expect((await ask({ step: 1 }, { "content-type": "text/plain" })).slice(0, 2)).toEqual([
    415,
    "unsupported_media_type",
  ]);
  expect((await ask({ step: 1, unit: "x".repeat(2_000) })).slice(0, 2)).toEqual([413, "input_too_large"]);
  expect((await ask({ step: 1 }, { "idempotency-key": "" }))[1]).toBe("idempotency_key_required");
  expect((await ask({ step: 1 }, { "idempotency-key": "x".repeat(256) }))[1]).toBe("invalid_idempotency_key");
  expect((await ask({ step: 1 }, { "idempotency-key": "a b" }))[1]).toBe("invalid_idempotency_key");
  expect((await ask({ step: 1 }, { "x-peaqos-payment": "{}" }))[1]).toBe("invalid_payment_header");
  const wrong = await fetch(url);
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
  expect(((await wrong.json()) as { error: { code: string } }).error.code).toBe("method_not_allowed");
  expect((await post(`${one.seller.url}/nowhere`, {})).status).toBe(404);
  expect((await fetch(`${one.seller.url}/%zz`)).status).toBe(400);
  expect(one.state.total).toBe(0);
});

test("an execution that takes longer goes on, and the same key gets its answer", async () => {
  using folder = temporaryFolder();
  const { promise, resolve } = Promise.withResolvers<void>();
  let runs = 0;
  await using slow = await counter(
    folder.path,
    async () => {
      runs += 1;
      await promise;
      return { total: 5 };
    },
    { waitMs: 20 },
  );
  const key = { "idempotency-key": "run_1" };
  const early = await post(slow.url, { step: 1 }, key);
  expect([early.status, early.body.error.code]).toEqual([503, "still_running"]);
  resolve();
  expect((await post(slow.url, { step: 1 }, key)).body).toEqual({ total: 5 });
  expect(runs).toBe(1);
});

test("stopping finishes what is under way, also what nobody waits for any more", async () => {
  using folder = temporaryFolder();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
  const one = await counter(folder.path, async () => {
    begin();
    await held;
    return { total: 1 };
  });
  const hung = connect(Number(new URL(one.url).port), "127.0.0.1");
  hung.write(
    "POST /count HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nidempotency-key: run_1\r\n",
  );
  hung.write('content-length: 10\r\n\r\n{"step":1}');
  await begun;
  hung.destroy();
  const stopped = one.seller.stop();
  letGo();
  await stopped;
  await using two = await counter(folder.path);
  const again = await post(two.url, { step: 1 }, { "idempotency-key": "run_1" });
  expect([again.body.total, again.headers.get("idempotency-replayed")]).toEqual([1, "true"]);
});

test("a taken port and a damaged journal are told by name", async () => {
  using folder = temporaryFolder();
  const taken = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => taken.once("listening", resolve));
  const { port } = taken.address() as AddressInfo;
  await expect(counter(folder.path, undefined, { port })).rejects.toThrow("EADDRINUSE");
  taken.close();
  const file = join(folder.path, "answers.jsonl");
  writeFileSync(file, "nonsense\n");
  appendFileSync(file, "{}\n");
  await expect(counter(folder.path)).rejects.toThrow(/answers\.jsonl.*line 1/);
});

/** Guarantees that trouble on the way is never told as "nothing was done": the market asks again with the same key. */
test("what is open is 503 with retry-after: a chain that does not answer, an answer that cannot be stored", async () => {
  using folder = temporaryFolder();
  const payee = `0x${"11".repeat(20)}` as const;
  const token = { chainId: 1, symbol: "USDC", address: payee, decimals: 6 };
  const price = { amount: "0.05", rail: "wallet", token, payee } as const;
  const definition = { service, price, operations: [{ contract, run: () => ({ total: 1 }) }] };
  const away = { port: 0, dataDir: folder.path, rpcUrl: "http://127.0.0.1:9" };
  const seller = await createSeller(definition, away);
  const payment = {
    chain: "eip155:1",
    token: "USDC",
    transactionHash: `0x${"ab".repeat(32)}`,
    payer: `0x${"22".repeat(20)}`,
    payee,
    amount: "0.05",
    rawAmount: "50000",
  };
  const headers = { "x-peaqos-order-id": "mord_1", "x-peaqos-payment": JSON.stringify(payment) };
  const answer = await execute(seller.listing(), "count", undefined, headers);
  expect([answer.status, answer.body.error.code, answer.headers.get("retry-after")]).toEqual([
    503,
    "chain_unavailable",
    "1",
  ]);
  await seller.stop();
  await expect(createSeller(definition, { port: 0, dataDir: folder.path })).rejects.toThrow("rpcUrl");

  const answers = await Answers.open(folder.path, Date.now);
  await answers.close();
  await expect(answers.give("run_1", "count", {}, async () => "{}")).rejects.toMatchObject({
    status: 503,
    code: "not_stored",
  });
});
