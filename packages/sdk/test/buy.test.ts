import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import * as sdk from "../src/index.ts";
import {
  type BuyEvent,
  type BuyParams,
  memoryJournal,
  type PaymentRequest,
} from "../src/orchestration/index.ts";
import { error, fixture, json, marketClient } from "./market-client.ts";
import { fixtureAnswer, marketStub, type Recorded, type StubAnswer } from "./market-stub.ts";

/** `buy` and `waitForOrder` against a market's stand-in that keeps orders, payments and idempotency keys. */

let stub: Awaited<ReturnType<typeof marketStub>>;
beforeAll(async () => {
  stub = await marketStub();
});
afterAll(() => stub.stop());

const hash = `0x${"cd".repeat(32)}` as const;
type Item = { item: Record<string, unknown> };

/** A market as far as a purchase sees it: the same key gives the same answer, an order is paid and executed once. */
function keepingMarket() {
  const replies = new Map<string, StubAnswer>();
  const counts = { orders: 0, executions: 0, proofs: 0 };
  let payment: Record<string, unknown> = (fixture("createPaymentIntent") as Item).item;
  const answer = ({ method, path, headers, body }: Recorded): StubAnswer | undefined => {
    const key = headers["idempotency-key"] as string | undefined;
    const known = key === undefined ? undefined : replies.get(`${path} ${key}`);
    if (known !== undefined) return known;
    let reply = fixtureAnswer(method, path);
    if (path.endsWith("/market/orders") && method === "POST") counts.orders++;
    if (path.endsWith("/payment-intent")) reply = json({ item: payment });
    if (path.endsWith("/payment-proof")) {
      counts.proofs++;
      const sent = JSON.parse(body);
      payment = { ...payment, status: "held", proof: { ...sent, verifiedAt: null, metadata: null } };
      reply = json({ item: payment });
    }
    if (path.endsWith("/execute")) counts.executions++;
    if (key !== undefined) replies.set(`${path} ${key}`, reply);
    return reply;
  };
  return { answer, counts, set: (more: object) => (payment = { ...payment, ...more }) };
}

let market: ReturnType<typeof keepingMarket>;
beforeEach(() => {
  market = keepingMarket();
  stub.answer(market.answer);
});
afterEach(() => stub.answer(undefined));

const newClient = (extra: Partial<sdk.PeaqosClientOptions> = {}) => marketClient(stub.url, extra);
const params = (more: Partial<BuyParams> = {}): BuyParams => ({
  machineId: "mach_61f043950cf1",
  agentPairingId: "pair_67c50f8fdd3c",
  pairingToken: "token",
  search: { serviceType: "oracle.price-feed" },
  input: { base_symbol: "EUR", "GPU-Model": null },
  maxSpend: { amount: "0.25", currency: "USD" },
  pay: async () => hash,
  timeoutMs: 0,
  ...more,
});
const stopOf = (purchase: Promise<unknown>) =>
  purchase.then(
    () => undefined,
    (reason: sdk.PurchaseError) => reason,
  );
const sent = (part: string) => stub.requests.filter(({ path }) => path.includes(part));

test("from search to result: the exact payment, each step told, everything in the answer", async () => {
  const pay = vi.fn(async (_: PaymentRequest) => hash);
  const events: BuyEvent[] = [];
  const bought = await newClient().orchestration.buy(
    params({ pay, confirm: true, onStep: (event) => events.push(event) }),
  );
  expect(pay.mock.calls.map(([request]) => request)).toEqual([
    {
      orderId: "mord_0123456789ab",
      amount: "0.25",
      currency: "USDC",
      chain: "eip155:33380",
      token: "USDC",
      tokenAddress: "0x00000000000000000000000000000000000000aa",
      decimals: 6,
      rawAmount: 250_000n,
      payee: "0x00000000000000000000000000000000000000aa",
      payer: "0xF3f89cfB39d7093DDC1f3268F9fAeCB1774BC52D",
      rail: "wallet",
    },
  ]);
  expect(bought).toMatchObject({
    order: { status: "confirmed" },
    payment: { status: "release_pending" },
    transactionHash: hash,
    outcome: { result: { rate_value: 1.08 } },
    quote: { id: "mquote_0123456789ab" },
  });
  expect(bought.idempotencyKey).toMatch(/^[0-9a-f-]{36}$/);
  expect(JSON.parse(sent("/payment-proof")[0]?.body as string)).toMatchObject({
    amount: "0.25",
    rawAmount: "250000",
    tokenDecimals: 6,
    transactionHash: hash,
  });
  expect(JSON.parse(sent("/market/orders")[0]?.body as string)).toMatchObject({
    quoteId: "mquote_0123456789ab",
    input: { base_symbol: "EUR", "GPU-Model": null },
    budget: { max: 0.25, currency: "USD" },
  });
  expect(events.map(({ step, state }) => `${step} ${state}`)).toEqual([
    "search started",
    "search done",
    "order started",
    "order done",
    "payment started",
    "payment done",
    "proof done",
    "execute started",
    "execute done",
    "confirm done",
  ]);
  // Each step under a key that follows from the purchase's.
  const keys = stub.requests.map(({ headers }) => String(headers["idempotency-key"]));
  expect(keys.filter((key) => key.startsWith(bought.idempotencyKey))).toHaveLength(5);
});

/** Guarantees that nothing above the limit, or of an unclear price, is ever signed. */
describe("refused before anything is signed", () => {
  const quote = (fixture("searchMarket") as { item: { quotes: Record<string, object>[] } }).item.quotes[0];
  const search = (...quotes: object[]) => {
    stub.answer((request) =>
      request.path.endsWith("/search")
        ? json({ item: { ...(fixture("searchMarket") as Item).item, quotes } })
        : market.answer(request),
    );
  };
  const pay = vi.fn(async () => hash);
  test.each<[string, () => void, Partial<BuyParams>, string]>([
    ["one cent above", () => {}, { maxSpend: { amount: "0.24", currency: "USD" } }, "MAX_SPEND_EXCEEDED"],
    ["no quote at all", () => search(), {}, "NO_MATCH"],
    ["none chosen", () => {}, { choose: () => undefined }, "NO_MATCH"],
    [
      "a price nobody states",
      () => search({ ...quote, pricing: { ...quote?.pricing, amount: null } }),
      {},
      "PRICE_UNKNOWN",
    ],
    ["another currency", () => {}, { maxSpend: { amount: 100, currency: "EUR" } }, "CURRENCY_MISMATCH"],
    ["a payment dearer than the quote", () => market.set({ amount: 0.26 }), {}, "MAX_SPEND_EXCEEDED"],
    [
      "base units that are another sum",
      () =>
        market.set({
          rail: {
            ...((fixture("getMarketPayment") as Item).item.rail as object),
            metadata: { rawAmount: "2500000", tokenDecimals: 6 },
          },
        }),
      {},
      "PAYMENT_INCONSISTENT",
    ],
    [
      "a rail that is no transfer",
      () =>
        market.set({
          rail: { ...((fixture("getMarketPayment") as Item).item.rail as object), type: "x402" },
        }),
      {},
      "RAIL_NOT_SUPPORTED",
    ],
  ])("%s", async (_, arrange, more, code) => {
    arrange();
    pay.mockClear();
    const stop = await stopOf(newClient().orchestration.buy(params({ pay, ...more })));
    expect(stop).toBeInstanceOf(sdk.PurchaseError);
    expect(stop?.code).toBe(code);
    expect(stop?.idempotencyKey).toBeDefined();
    expect(pay).not.toHaveBeenCalled();
    expect(market.counts).toMatchObject({ proofs: 0, executions: 0 });
  });

  test("without a pay callback the order and its price are named", async () => {
    const { pay: _, ...without } = params();
    const stop = await stopOf(newClient().orchestration.buy(without));
    expect(stop).toMatchObject({ code: "PAYMENT_REQUIRED", step: "payment", orderId: "mord_0123456789ab" });
    expect(stop?.message).toContain("0.25 USDC");
  });

  test("a service named directly: the market's check comes first", async () => {
    const { search: _, ...direct } = params({ serviceId: "svc_0123456789ab", pay });
    const stop = await stopOf(newClient().orchestration.buy(direct));
    expect(stop).toMatchObject({ code: "AGENT_DAILY_LIMIT_EXCEEDED", step: "order" });
    expect(stop?.message).toContain("0.1 USD left of 5 USD");
    expect(market.counts.orders).toBe(0);
  });

  test.each([
    ["search and serviceId", { serviceId: "s" }, "search"],
    ["a limit that is no number", { maxSpend: { amount: "much", currency: "USD" } }, "maxSpend.amount"],
    ["a key with a blank", { idempotencyKey: "a b" }, "idempotencyKey"],
    ["no token", { pairingToken: "" }, "pairingToken"],
  ])("%s", async (_, more, field) => {
    stub.answer(market.answer);
    await expect(newClient().orchestration.buy(params(more))).rejects.toMatchObject({
      name: "OrchestrationValidationError",
      field,
    });
    expect(stub.requests).toHaveLength(0);
  });
});

/** Guarantees one order, one payment and one execution although every answer in turn is lost and the call repeated. */
describe("goes on under the same key", () => {
  test.each(["/search", "/market/orders", "/payment-intent", "/payment-proof", "/execute", "/confirm"])(
    "the answer of %s was lost",
    async (path) => {
      let lost = 0;
      stub.answer((request) => {
        const reply = market.answer(request);
        const first = request.method === "POST" && request.path.endsWith(path) && lost++ === 0;
        return first ? { drop: true } : reply;
      });
      const pay = vi.fn(async () => hash);
      const journal = memoryJournal();
      const same = params({ pay, journal, confirm: true, idempotencyKey: "purchase-1" });
      const stop = await stopOf(newClient().orchestration.buy(same));
      expect(stop).toMatchObject({ code: "NETWORK_ERROR", idempotencyKey: "purchase-1", retryable: true });
      if (lost > 0 && path !== "/search" && path !== "/market/orders")
        expect(stop?.orderId).toBe("mord_0123456789ab");
      const bought = await newClient().orchestration.buy(same);
      expect(bought.order.status).toBe("confirmed");
      expect(market.counts).toEqual({ orders: 1, executions: 1, proofs: 1 });
      expect(pay).toHaveBeenCalledTimes(1);
    },
  );

  test("what may pass is tried again within the time", async () => {
    let away = 2;
    stub.answer((request) =>
      request.path.endsWith("/execute") && away-- > 0
        ? error(409, "CONFLICT", { details: { reason: "execution_in_progress" } })
        : market.answer(request),
    );
    const bought = await newClient().orchestration.buy(params({ timeoutMs: 60_000, pollMs: 1 }));
    expect(bought.outcome?.status).toBe("completed");
    expect(sent("/execute")).toHaveLength(3);
  });

  test("an expired quote: searched again, ordered once", async () => {
    let expired = 1;
    stub.answer((request) =>
      request.method === "POST" && request.path.endsWith("/market/orders") && expired-- > 0
        ? error(409, "QUOTE_EXPIRED")
        : market.answer(request),
    );
    const bought = await newClient().orchestration.buy(params());
    expect(bought.outcome?.status).toBe("completed");
    expect(sent("/market/search")).toHaveLength(2);
    expect(market.counts.orders).toBe(1);
  });

  test("paid by now: nothing is paid again, even without a journal", async () => {
    market.set({ status: "held" });
    const pay = vi.fn(async () => hash);
    const bought = await newClient().orchestration.buy(params({ pay }));
    expect(pay).not.toHaveBeenCalled();
    expect(bought.payment?.status).toBe("held");
  });

  test("an unknown outcome keeps its transaction", async () => {
    const proof = {
      chain: null,
      token: null,
      transactionHash: hash,
      payerAddress: null,
      verifiedAt: null,
      verificationMode: null,
      metadata: null,
    };
    market.set({ outcome: "unknown", proof });
    const pay = vi.fn(async () => hash);
    await newClient().orchestration.buy(params({ pay }));
    expect(pay).not.toHaveBeenCalled();
    expect(JSON.parse(sent("/payment-proof")[0]?.body as string).transactionHash).toBe(hash);
  });

  test("the key of another purchase is refused", async () => {
    const journal = memoryJournal();
    const client = newClient();
    await client.orchestration.buy(params({ journal, idempotencyKey: "k" }));
    const stop = await stopOf(
      client.orchestration.buy(params({ journal, idempotencyKey: "k", input: { base_symbol: "USD" } })),
    );
    expect(stop?.code).toBe("KEY_REUSED");
  });

  test("two calls at once with one key are one purchase", async () => {
    const journal = memoryJournal();
    const pay = vi.fn(async () => hash);
    const client = newClient();
    const both = await Promise.all(
      [1, 2].map(() => client.orchestration.buy(params({ journal, pay, idempotencyKey: "k" }))),
    );
    expect(both[0]?.order.id).toBe(both[1]?.order.id);
    expect(pay).toHaveBeenCalledTimes(1);
  });

  test("stopped by its signal: says where, and goes on later", async () => {
    const stop = new AbortController();
    const journal = memoryJournal();
    const same = { journal, idempotencyKey: "k" };
    const stopped = await stopOf(
      newClient().orchestration.buy(
        params({
          ...same,
          signal: stop.signal,
          onStep: ({ step, state }) => step === "order" && state === "done" && stop.abort(),
        }),
      ),
    );
    expect(stopped).toMatchObject({ code: "ABORTED", step: "payment", orderId: "mord_0123456789ab" });
    await newClient().orchestration.buy(params(same));
    expect(market.counts.orders).toBe(1);
  });
});

describe("waitForOrder", () => {
  const status = (value: string) =>
    json({ item: { ...(fixture("getMarketOrder") as Item).item, status: value } });

  test("until a state, through faults that pass", async () => {
    const answers = [
      error(503, "SERVICE_UNAVAILABLE"),
      status("executing"),
      { drop: true },
      status("delivered"),
    ];
    stub.answer((_, attempt) => answers[attempt - 1]);
    const order = await newClient().orchestration.waitForOrder("mord_1", { pollMs: 1 });
    expect(order.status).toBe("delivered");
    expect(stub.requests).toHaveLength(4);
  });

  test("a test of one's own, and the time limit with the last state", async () => {
    stub.answer(() => status("executing"));
    const { orchestration } = newClient();
    const order = await orchestration.waitForOrder("mord_1", { until: ({ retryCount }) => retryCount === 0 });
    expect(order.status).toBe("executing");
    const stop = await stopOf(orchestration.waitForOrder("mord_1", { timeoutMs: 0 }));
    expect(stop).toMatchObject({ code: "TIMEOUT", orderId: "mord_1" });
    expect(stop?.message).toContain("it is executing");
  });

  test("an order that is not there, and a signal, end it at once", async () => {
    stub.answer(() => error(404, "NOT_FOUND"));
    const { orchestration } = newClient();
    await expect(orchestration.waitForOrder("mord_1")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(
      orchestration.waitForOrder("mord_1", { signal: AbortSignal.abort(new Error("enough")) }),
    ).rejects.toThrow("enough");
    await expect(orchestration.waitForOrder("mord_1", { pollMs: -1 })).rejects.toMatchObject({
      field: "pollMs",
    });
  });
});
