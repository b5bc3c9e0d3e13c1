import { afterAll, beforeAll, expect, test } from "vitest";
import { errorOf, place, priced, spentToday } from "../../test/shop.ts";
import {
  type MarketWorld,
  marketWorld,
  succeeded,
  type WorldAgent,
  type WorldMachine,
} from "../../test/world.ts";

let world: MarketWorld;
let machine: WorldMachine;
let agent: WorldAgent;

beforeAll(async () => {
  world = await marketWorld({ settings: { PEAQOS_SESSION_TTL_SECONDS: "1000000" } });
  machine = await world.machine("buyer");
  agent = await world.agent(machine);
  await world.putService({ id: "svc_free" });
  await world.putService(priced(world, "svc_quarter", 0.25));
  await world.putService(priced(world, "svc_two", 2));
});
afterAll(() => world[Symbol.asyncDispose]());

test("a direct order takes price and rail from the catalogue and comes with its payment", async () => {
  const answer = await place(world, agent, "svc_quarter", { input: { base_symbol: "EUR", n: 1 } });
  expect(answer.status).toBe(201);
  const order = answer.body.item;
  expect(order).toMatchObject({
    machineId: machine.id,
    agentPairingId: agent.pairingId,
    serviceId: "svc_quarter",
    skillKey: "svc_quarter-skill",
    operation: "get-latest-price",
    executionMode: "native",
    status: "created",
    input: { base_symbol: "EUR", n: 1 },
    payment: {
      defaultRail: "wallet",
      required: true,
      payerAddress: agent.address,
      payeeAddress: world.seller,
      chain: world.chainName,
    },
    serviceSnapshot: { id: "svc_quarter", operationContracts: [{ operation: "get-latest-price" }] },
    retryCount: 0,
  });
  const read = await world.call("GET", `/market/orders/${order.id}`);
  expect(read.body.item).toEqual(order);
  const { rows } = await world.market.service.market.database.pool.query(
    "select status, amount::text as amount, payee_address from market_payments where order_id = $1",
    [order.id],
  );
  expect(rows).toEqual([
    { status: "intent_created", amount: "0.25", payee_address: world.seller.toLowerCase() },
  ]);
});

test("a free order needs no payment and reserves nothing", async () => {
  const before = await spentToday(world, agent);
  const order = succeeded(await place(world, agent, "svc_free")).body.item;
  expect(order.payment).toMatchObject({ defaultRail: "not-required", required: false });
  expect(await spentToday(world, agent)).toBe(before);
  const { rows } = await world.market.service.market.database.pool.query(
    "select count(*) as n from market_payments where order_id = $1",
    [order.id],
  );
  expect(rows).toEqual([{ n: 0 }]);
});

test("orders are listed newest first, page by page, and only the machine's", async () => {
  const other = await world.machine("lister");
  const buyer = await world.agent(other);
  const ids: string[] = [];
  for (let i = 0; i < 5; i++) ids.unshift(succeeded(await place(world, buyer, "svc_free")).body.item.id);
  const seen: string[] = [];
  let cursor = "";
  do {
    const page = succeeded(
      await world.call("GET", `/market/orders?machineId=${other.id}&limit=2${cursor}`),
    ).body;
    seen.push(...page.items.map((each: { id: string }) => each.id));
    cursor = page.nextCursor === undefined ? "" : `&cursor=${page.nextCursor}`;
  } while (cursor !== "");
  expect(seen).toEqual(ids);
  expect(errorOf(await world.call("GET", "/market/orders?machineId=mach_none"))).toMatchObject({
    status: 404,
    code: "NOT_FOUND",
  });
  const bad = await world.call("GET", `/market/orders?machineId=${other.id}&cursor=nonsense`);
  expect(errorOf(bad)).toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
});

test("an order at a quote costs what was quoted, even when the price has risen since", async () => {
  await world.putService(priced(world, "svc_moving", 0.1));
  const search = succeeded(
    await world.call("POST", "/market/search", {
      token: agent.token,
      body: { machineId: machine.id, serviceType: "oracle.price-feed", maxResults: 50 },
    }),
  ).body.item;
  const quote = search.quotes.find((each: { serviceId: string }) => each.serviceId === "svc_moving");
  await world.putService(priced(world, "svc_moving", 9));
  const order = succeeded(await place(world, agent, "svc_moving", { quoteId: quote.id, searchId: search.id }))
    .body.item;
  expect(order).toMatchObject({ quoteId: quote.id, searchId: search.id });
  const { rows } = await world.market.service.market.database.pool.query(
    "select amount::text as amount from market_orders where id = $1",
    [order.id],
  );
  expect(rows).toEqual([{ amount: "0.1" }]);

  const otherService = await place(world, agent, "svc_two", { quoteId: quote.id });
  expect(errorOf(otherService)).toEqual({
    status: 400,
    code: "VALIDATION_ERROR",
    reason: "quote_of_other_service",
  });
  const stranger = await world.agent(await world.machine("stranger"));
  expect(errorOf(await place(world, stranger, "svc_moving", { quoteId: quote.id }))).toMatchObject({
    status: 404,
    code: "NOT_FOUND",
  });
  const second = await world.agent(machine, { name: "second agent of buyer" });
  expect(errorOf(await place(world, second, "svc_moving", { quoteId: quote.id }))).toMatchObject({
    status: 404,
    code: "NOT_FOUND",
  });
  expect(errorOf(await place(world, agent, "svc_moving", { quoteId: "mquote_000000000000" }))).toMatchObject({
    status: 404,
  });
  world.market.clock.add(301_000);
  const late = await place(world, agent, "svc_moving", { quoteId: quote.id });
  expect(errorOf(late)).toMatchObject({ status: 409, code: "QUOTE_EXPIRED" });
  expect(late.body.error.details).toMatchObject({ quoteId: quote.id, expiresAt: quote.expiresAt });
});

test("a budget is a ceiling", async () => {
  const dear = await place(world, agent, "svc_two", { budget: { max: 1.99 } });
  expect(errorOf(dear)).toEqual({ status: 400, code: "VALIDATION_ERROR", reason: "above_budget" });
  expect(dear.body.error.message).toContain("2 USDC is more than 1.99");
  expect(errorOf(await place(world, agent, "svc_two", { budget: { amount: 1 } })).reason).toBe(
    "above_budget",
  );
  const exact = await place(world, agent, "svc_two", { budget: { amount: 2, max: 2, currency: "USDT" } });
  expect(exact.status).toBe(201);
  expect(exact.body.item.budget).toEqual({ amount: 2, currency: "USDT" });
  const euros = await place(world, agent, "svc_two", { budget: { max: 5, currency: "EUR" } });
  expect(errorOf(euros).reason).toBe("currency_mismatch");
});

test("an operation is one that the service offers, in any spelling; unknown ones are named", async () => {
  const spelt = await place(world, agent, "svc_free", { operation: "Get_Latest Price" });
  expect(spelt.body.item.operation).toBe("get-latest-price");
  const unknown = await place(world, agent, "svc_free", { operation: "fly" });
  expect(errorOf(unknown)).toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
  expect(unknown.body.error.message).toContain("it offers get-latest-price");
});

test("a service whose only rail is not offered here is refused when it is ordered", async () => {
  await world.putService(
    priced(world, "svc_x402", 1, {
      payment: {
        defaultRail: "x402",
        supportedRails: ["x402", "escrow"],
        chain: "eip155:8453",
        token: "USDC",
      },
    }),
  );
  const refused = await place(world, agent, "svc_x402");
  expect(errorOf(refused)).toEqual({ status: 400, code: "VALIDATION_ERROR", reason: "rail_not_offered" });
  await world.putService(
    priced(world, "svc_both", 1, {
      payment: {
        ...priced(world, "", 1).payment!,
        defaultRail: "x402",
        supportedRails: ["x402", "wallet"],
      },
    }),
  );
  const order = succeeded(await place(world, agent, "svc_both")).body.item;
  expect(order.payment).toMatchObject({ defaultRail: "wallet", supportedRails: ["wallet"] });
});

test("unknown services, unknown fields and text that is no text are refused by name", async () => {
  expect(errorOf(await place(world, agent, "svc_none"))).toMatchObject({ status: 404, code: "NOT_FOUND" });
  const field = await place(world, agent, "svc_free", { color: "red" });
  expect(errorOf(field)).toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
  expect(field.body.error.message).toContain("color");
  const half = await world.call("POST", "/market/orders", {
    token: agent.token,
    body: `{"machineId":"${machine.id}","agentPairingId":"${agent.pairingId}","serviceId":"svc_free","input":{"a":"\\ud800"}}`,
  });
  expect(errorOf(half)).toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
  expect(errorOf(await place(world, agent, "svc_free", {}, { token: "" }))).toMatchObject({
    code: "AGENT_AUTH_REQUIRED",
  });
});

test("credentials are sealed: no table, audit row or answer holds them", async () => {
  const secret = "publisher-secret-4711";
  const answer = succeeded(
    await place(world, agent, "svc_free", {
      providerCredentials: { walrus: { publisherToken: secret } },
    }),
  );
  const { pool } = world.market.service.market.database;
  const { rows } = await pool.query("select credentials from market_orders where id = $1", [
    answer.body.item.id,
  ]);
  const kept = world.market.service.market.sealing.open(`order:${answer.body.item.id}`, rows[0].credentials);
  expect(JSON.parse(kept)).toEqual({ walrus: { publisherToken: secret } });
  for (const table of ["market_orders", "market_payments", "audit_events", "idempotency_keys", "jobs"]) {
    const dump = await pool.query(`select t::text as text from ${table} as t`);
    expect(JSON.stringify(dump.rows)).not.toContain(secret);
  }
  expect(JSON.stringify(answer.body)).not.toContain(secret);
});

test("allow and deny lists of the pairing: deny wins", async () => {
  const policy = {
    allowedSkillKeys: ["svc_free-skill", "svc_two-skill"],
    deniedServiceIds: ["svc_two"],
  };
  const bound = await world.agent(machine, { name: "bound agent", policy });
  expect((await place(world, bound, "svc_free")).status).toBe(201);
  const denied = await place(world, bound, "svc_two");
  expect(errorOf(denied)).toMatchObject({ status: 403, code: "AGENT_POLICY_DENIED" });
  expect(denied.body.error.details).toMatchObject({ rule: "deniedServiceIds", service: "svc_two" });
  const unlisted = await place(world, bound, "svc_quarter");
  expect(unlisted.body.error.details).toMatchObject({ rule: "allowedSkillKeys", skill: "svc_quarter-skill" });
});

test("a price that only the provider knows needs a ceiling where something is limited", async () => {
  await world.putService({
    ...priced(world, "svc_unknown", 1),
    pricing: { mode: "provider-defined" },
    payment: { defaultRail: "offchain-record", supportedRails: ["offchain-record"] },
  });
  const unlimited = succeeded(await place(world, agent, "svc_unknown"));
  expect(unlimited.body.item.status).toBe("created");
  const limited = await world.agent(machine, { name: "limited agent", policy: { dailySpendLimit: 3 } });
  expect(errorOf(await place(world, limited, "svc_unknown"))).toEqual({
    status: 400,
    code: "VALIDATION_ERROR",
    reason: "price_unknown",
  });
  expect((await place(world, limited, "svc_unknown", { budget: { amount: 2.5 } })).status).toBe(201);
  expect(await spentToday(world, limited)).toBe(2.5);
  expect(errorOf(await place(world, limited, "svc_unknown", { budget: { amount: 0.51 } }))).toMatchObject({
    code: "AGENT_DAILY_LIMIT_EXCEEDED",
  });
});
