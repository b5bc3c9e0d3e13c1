import assert from "node:assert/strict";
import type { Case, Group } from "../case.ts";
import { type MarketMade, market, of } from "./market.ts";

export const sdkMarketOrders = (made: MarketMade): Group => ({
  title: "SDK 0.3.0, market: orders",
  cases: (context): Case[] => {
    const side = context.stack.market;
    const api = market(context);
    const { services } = side;
    type Buyer = { pairingId: string; token: string };
    const self = (): Buyer => ({ pairingId: made.pairingId!, token: made.token! });
    const order = (service_id: string, fields: object = {}, who = self()) => [
      of("CreateMarketOrderRequest", {
        machine_id: made.machineId,
        agent_pairing_id: who.pairingId,
        service_id,
        ...fields,
      }),
      who.token,
    ];
    const place = async (service: string, fields: object = {}, who = self()) =>
      (await api.call("create_market_order", order(service, fields, who))).item;
    const execute = (id: string, input: object | null = null) =>
      api.call("execute_market_order", [id, of("ExecuteMarketOrderRequest", { input }), made.token]);
    const site = { input_payload: { siteId: "461655" } };

    return [
      {
        name: "create, execute, confirm an order that costs nothing: delivered with its result, then confirmed",
        async run() {
          const created = await place(services.geocoding, site);
          assert.deepEqual([created.status, created.input_payload], ["created", { site_id: "461655" }]);
          assert.deepEqual([created.payment.default_rail, created.payment.required], ["not-required", false]);
          assert.equal(created.operation, "geocode-site");
          made.orderId = created.id;
          const done = await execute(created.id);
          assert.deepEqual([done.order.status, done.execution.status_code], ["delivered", 200]);
          assert.deepEqual(
            [done.execution.run.status, done.execution.outcome.status],
            ["completed", "completed"],
          );
          assert.equal(done.execution.outcome.result.site_id, "461655");
          const again = await execute(created.id);
          assert.equal(again.execution.run.id, done.execution.run.id);
          const confirmed = await api.call("confirm_market_order", [created.id, made.token]);
          assert.equal(api.exchanges()[0]?.sent, null);
          assert.equal(confirmed.order.status, "confirmed");
          assert.deepEqual((await api.call("get_market_order", [created.id])).item, confirmed.order);
        },
      },
      {
        name: "at a quote of a search, with a budget",
        async run() {
          const request = of("MarketSearchRequest", {
            machine_id: made.machineId,
            service_type: "oracle.price-feed",
            operation: "get-latest-price",
          });
          const { item: search } = await api.call("search_market", [request, made.token]);
          const quote = search.quotes.find(
            (each: { service_id: string }) => each.service_id === services.priceFeed,
          );
          const fields = {
            search_id: search.id,
            quote_id: quote.id,
            operation: quote.operation,
            input_payload: { base: "EUR", quote: "USD" },
            budget: of("CreateMarketOrderBudget", { amount: 0.05, max: 1, currency: "USDC" }),
          };
          const created = await place(services.priceFeed, fields);
          assert.deepEqual([created.search_id, created.quote_id], [search.id, quote.id]);
          assert.deepEqual(created.budget, { amount: 0.05, currency: "USDC" });
          assert.equal(created.payment.payer_address, made.agent?.address);
        },
      },
      {
        name: "a quote that has expired: QUOTE_EXPIRED; one of another service: VALIDATION_ERROR",
        async run() {
          const search = (await api.call("get_market_search", [made.searchId])).item;
          const quote_id = search.quotes.find(
            (each: { service_id: string }) => each.service_id === services.priceFeed,
          ).id;
          const later = await api.other("quote-later", await side.replica({}, 600_000));
          await later.refused(
            "QUOTE_EXPIRED",
            "create_market_order",
            order(services.priceFeed, { quote_id }),
          );
          await api.refused("VALIDATION_ERROR", "create_market_order", order(services.storage, { quote_id }));
        },
      },
      {
        name: "a hand-off: 202 with a link, confirmed from there",
        async run() {
          const created = await place(services.console);
          const done = await execute(created.id);
          assert.deepEqual([done.order.status, done.execution.status_code], ["handoff", 202]);
          assert.ok(done.execution.handoff.label && done.execution.handoff.url.startsWith("http"));
          assert.deepEqual(done.order.handoff, done.execution.handoff);
          const confirmed = await api.call("confirm_market_order", [created.id, made.token]);
          assert.equal(confirmed.order.status, "confirmed");
        },
      },
      {
        name: "a seller that refuses the work: 200 with a failed run, the order failed",
        async run() {
          const created = await place(services.echo, { input_payload: { text: "x", mode: "error-400" } });
          const done = await execute(created.id);
          assert.deepEqual(
            [
              done.order.status,
              done.execution.status_code,
              done.execution.run.status,
              done.execution.outcome.status,
            ],
            ["failed", 200, "failed", "failed"],
          );
          assert.ok(done.execution.outcome.error_message && done.order.error_message);
        },
      },
      {
        name: "steps out of turn: PAYMENT_REQUIRED, ORDER_NOT_DELIVERED, ORDER_CLOSED; an operation nobody offers: VALIDATION_ERROR",
        async run() {
          const unpaid = await place(services.priceFeed, { input_payload: { base: "EUR", quote: "USD" } });
          const run = (id: string) => [id, of("ExecuteMarketOrderRequest", { input: null }), made.token];
          await api.refused("PAYMENT_REQUIRED", "execute_market_order", run(unpaid.id));
          await api.refused("ORDER_NOT_DELIVERED", "confirm_market_order", [unpaid.id, made.token]);
          await api.refused("ORDER_CLOSED", "confirm_market_order", [made.orderId, made.token]);
          await api.refused("ORDER_CLOSED", "execute_market_order", run(made.orderId!));
          await api.refused(
            "VALIDATION_ERROR",
            "create_market_order",
            order(services.geocoding, { operation: "fly" }),
          );
        },
      },
      {
        name: "what does not exist: service, order, quote; blanks stay at the client",
        async run() {
          await api.refused("NOT_FOUND", "create_market_order", order("svc_000000000000"));
          await api.refused("NOT_FOUND", "get_market_order", ["mord_000000000000"]);
          await api.refused("NOT_FOUND", "execute_market_order", [
            "mord_000000000000",
            of("ExecuteMarketOrderRequest"),
            made.token,
          ]);
          await api.refused("NOT_FOUND", "confirm_market_order", ["mord_000000000000", made.token]);
          await api.invalid("service_id", "create_market_order", order(" "));
          await api.invalid("order_id", "get_market_order", [""]);
          await api.invalid("reason", "dispute_market_order", [
            "mord_0",
            of("DisputeMarketOrderRequest", { reason: " " }),
            made.token,
          ]);
        },
      },
      {
        name: "limits of the pairing: AGENT_SPEND_LIMIT_EXCEEDED, AGENT_DAILY_LIMIT_EXCEEDED, AGENT_POLICY_DENIED, all with the figures",
        async run() {
          const rates = { input_payload: { base: "EUR", quote: "USD" } };
          const buyer = (policy: object) => side.pair(made.machineId!, policy);
          const single = await buyer({ perTransactionLimit: 0.04, currency: "USD" });
          const above = await api.refused(
            "AGENT_SPEND_LIMIT_EXCEEDED",
            "create_market_order",
            order(services.priceFeed, rates, single),
          );
          assert.deepEqual([above.details.limit, above.details.amount], [0.04, 0.05]);
          const daily = await buyer({ dailySpendLimit: 0.09, currency: "USD" });
          await place(services.priceFeed, rates, daily);
          const second = await api.refused(
            "AGENT_DAILY_LIMIT_EXCEEDED",
            "create_market_order",
            order(services.priceFeed, rates, daily),
          );
          assert.deepEqual(
            [second.details.limit, second.details.spent_today, second.details.remaining_today],
            [0.09, 0.05, 0.04],
          );
          const denied = await buyer({ deniedServiceIds: [services.priceFeed] });
          await api.refused(
            "AGENT_POLICY_DENIED",
            "create_market_order",
            order(services.priceFeed, rates, denied),
          );
          await place(services.geocoding, site, denied);
          const skills = await buyer({ allowedSkillKeys: ["site-geocoding"] });
          await api.refused(
            "AGENT_POLICY_DENIED",
            "create_market_order",
            order(services.priceFeed, rates, skills),
          );
        },
      },
      {
        name: "an order for another machine, or another pairing, than the token's: AGENT_AUTH_INVALID; for a blocked machine: MACHINE_NOT_ACTIVE",
        async run() {
          const other = context.stack.file.agent?.market_machine_id;
          await api.refused(
            "AGENT_AUTH_INVALID",
            "create_market_order",
            order(services.geocoding, { ...site, machine_id: other }),
          );
          const fields = { ...site, agent_pairing_id: "pair_000000000000" };
          await api.refused("AGENT_AUTH_INVALID", "create_market_order", order(services.geocoding, fields));
          const set = (status: string) =>
            api.call("update_machine", [made.machineId, of("UpdateMachineRequest", { status })]);
          await set("blocked");
          await api.refused("MACHINE_NOT_ACTIVE", "create_market_order", order(services.geocoding, site));
          await set("active");
        },
      },
      {
        name: "list_market_orders page by page, list_market_orders_all the same; a cursor of nobody's VALIDATION_ERROR",
        async run() {
          const named = { machine_id: made.machineId };
          const all = await api.call("list_market_orders_all", [], { ...named, limit: 2 });
          assert.ok(api.exchanges().length > 2);
          const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
          const whole = await api.call("list_market_orders", [], { ...named, limit: 500 });
          assert.deepEqual(ids(all), ids(whole.items));
          assert.ok(ids(all).includes(made.orderId!));
          const first = await api.call("list_market_orders", [], { ...named, limit: 3 });
          const next = await api.call("list_market_orders", [], {
            ...named,
            limit: 3,
            cursor: first.next_cursor,
          });
          assert.deepEqual(ids([...first.items, ...next.items]), ids(all).slice(0, 6));
          await api.refused("VALIDATION_ERROR", "list_market_orders", [], { ...named, cursor: "nonsense" });
          await api.refused("NOT_FOUND", "list_market_orders", [], { machine_id: "mach_000000000000" });
          await api.invalid("machine_id", "list_market_orders", [], { machine_id: " " });
        },
      },
    ];
  },
});
