import assert from "node:assert/strict";
import { toSnakeCase } from "@peaqos/peaq-os-sdk";
import type { Case, Group } from "../case.ts";
import { exits } from "../expect.ts";
import { ourCli, ourSdk } from "../ours.ts";
import { proofOf, transferOf } from "../purchase.ts";
import { type MarketMade, market, of } from "./market.ts";
import { type ScaleMade, scale } from "./scale.ts";

/** Both speak of one thing: theirs has fewer fields, and names of its own for two. */
const names: Readonly<Record<string, string>> = {
  input_payload: "input",
  request_payload: "request_payload",
  rail_type: "type",
};

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
function sameAs(own: any, theirs: any, at = ""): void {
  if (theirs === null) assert.ok(own === null || own === undefined || Object.keys(own).length === 0, at);
  else if (Array.isArray(theirs))
    theirs.forEach((each, index) => {
      sameAs(own[index], each, `${at}.${index}`);
    });
  else if (typeof theirs === "object")
    for (const [name, value] of Object.entries(theirs))
      sameAs(own?.[name in (own ?? {}) ? name : (names[name] ?? name)], value, `${at}.${name}`);
  else assert.deepEqual(own, theirs, at);
}

export const marketCross = (made: MarketMade, scaleMade: ScaleMade): Group => ({
  title: "Ours and theirs on the same market",
  cases: (context): Case[] => {
    const { stack } = context;
    const side = stack.market;
    const theirs = market(context);
    const theirCli = scale(context, scaleMade);
    const ours = () => ourSdk(stack, stack.developer.privateKey).orchestration;
    const snake = (value: object) => toSnakeCase(JSON.parse(JSON.stringify(value)));
    const run = (...args: string[]) => {
      const { dir, privateKey } = scaleMade.user!;
      return ourCli(stack, privateKey, dir, ["scale", ...args]);
    };
    let ourOrder: string;

    return [
      {
        name: "our SDK reads the machine, pairings, orders, search and audit that theirs made, field by field",
        async run() {
          const client = ours();
          const { machineId, pairingId, orderId, searchId } = made as Required<MarketMade>;
          const read = async (
            own: Promise<object>,
            method: string,
            args: unknown[] = [],
            named: object = {},
          ) => sameAs(snake(await own), await theirs.call(method, args, named), method);
          await read(client.getMachine(machineId), "get_machine", [machineId]);
          await read(client.getMarketOrder(orderId), "get_market_order", [orderId]);
          await read(client.getMarketSearch(searchId), "get_market_search", [searchId]);
          await read(client.listAgentPairings(machineId), "list_agent_pairings", [machineId]);
          await read(client.listPolicies(), "list_policies");
          await read(client.listMarketServices(), "list_market_services");
          await read(client.listSkills(), "list_skills");
          const orders = [];
          for await (const each of client.listMarketOrdersAll({ machineId, limit: 3 })) orders.push(each.id);
          const all = await theirs.call("list_market_orders_all", [], { machine_id: machineId });
          assert.deepEqual(
            orders,
            all.map(({ id }: { id: string }) => id),
          );
          assert.ok(
            all.some(({ agent_pairing_id }: { agent_pairing_id: string }) => agent_pairing_id === pairingId),
          );
        },
      },
      {
        name: "our SDK places an order at their pairing, theirs pays it, ours executes it, theirs confirms it",
        async run() {
          const { machineId, pairingId, token, agent } = made as Required<MarketMade>;
          const client = ours();
          const input = { base: "EUR", quote: "USD" };
          const fields = { machineId, agentPairingId: pairingId, serviceId: side.services.priceFeed, input };
          const { item } = await client.createMarketOrder(fields, token);
          ourOrder = item.id;
          const seen = (await theirs.call("get_market_order", [ourOrder])).item;
          assert.deepEqual([seen.status, seen.input_payload], ["created", input]);
          const intent = [ourOrder, of("CreatePaymentIntentRequest"), token];
          const payment = (await theirs.call("create_payment_intent", intent)).item;
          const hash = await side.pay(agent, transferOf(payment));
          await theirs.call("submit_payment_proof", [ourOrder, proofOf(payment, hash), token]);
          const done = await client.executeMarketOrder(ourOrder, {}, token);
          assert.equal(done.order.status, "delivered");
          const confirmed = await theirs.call("confirm_market_order", [ourOrder, token]);
          assert.deepEqual(
            [confirmed.order.status, confirmed.payment.status],
            ["confirmed", "release_pending"],
          );
          sameAs(
            snake(await client.getMarketPayment(ourOrder)),
            await theirs.call("get_market_payment", [ourOrder]),
          );
        },
      },
      {
        name: "our error and theirs for the same refusal: one code, one status, one message",
        async run() {
          const own = await ours()
            .getMarketOrder("mord_000000000000")
            .then(
              () => assert.fail("found"),
              (error) => error,
            );
          const error = await theirs.refused("NOT_FOUND", "get_market_order", ["mord_000000000000"]);
          assert.deepEqual([own.code, own.statusCode], [error.code, error.status]);
          assert.ok(
            error.message.includes(own.message) || own.message.includes(error.message.split(": ").at(-1)),
          );
        },
      },
      {
        name: "both programs: machine status and order status of the same things, --json",
        async run() {
          const both = async (...args: string[]) => {
            const own = exits(await run(...args, "--json"), 0).stdout;
            const their = exits(await theirCli.run([...args, "--json"]), 0).stdout;
            sameAs(JSON.parse(own), JSON.parse(their), args.join(" "));
          };
          await both("machine", "status", scaleMade.machineId!);
          await both("order", "status", ourOrder);
        },
      },
      {
        name: "our program lists the orders that theirs placed, and theirs reads one that ours placed with the same token",
        async run() {
          const listed = exits(await run("order", "list", "--machine-id", scaleMade.machineId!), 0).stdout;
          const { body } = await side.call(
            "GET",
            `/market/orders?machineId=${scaleMade.machineId}&limit=500`,
          );
          for (const { id } of body.items.slice(0, 5)) assert.ok(listed.includes(id), id);
          const site = theirCli.json("cross-site", { siteId: "461655" });
          const placed = exits(
            await run(...theirCli.order(side.services.geocoding, "--input", site, "--yes", "--json")),
            0,
          );
          const id = /mord_[0-9a-f]{12}/.exec(placed.stdout)?.[0];
          assert.ok(id, placed.stdout);
          const shown = JSON.parse(exits(await theirCli.run(["order", "status", id, "--json"]), 0).stdout);
          assert.deepEqual([shown.order.id, shown.order.status], [id, "delivered"]);
        },
      },
    ];
  },
});
