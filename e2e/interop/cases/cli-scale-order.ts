import assert from "node:assert/strict";
import type { Case, Group } from "../case.ts";
import { exits, figure } from "../expect.ts";
import { idIn, type ScaleMade, scale } from "./scale.ts";

export const cliScaleOrder = (made: ScaleMade): Group => ({
  title: "CLI 0.0.4: scale search, scale order",
  cases: (context): Case[] => {
    const side = context.stack.market;
    const { services } = side;
    const cli = scale(context, made);
    const site = () => cli.json("site", { siteId: "461655" });
    const rates = () => cli.json("rates", { base: "EUR", quote: "USD" });
    const search = (...more: string[]) => [
      ...["search", "--machine-id", made.machineId!, "--pairing-token-file", cli.tokenFile(), ...more],
    ];
    let orderId: string;

    return [
      {
        name: "search, human: the table, the ids and an order command ready to be copied",
        async run() {
          await cli.ready();
          const args = search("--service-type", "location", "--budget-max", "1", "--budget-currency", "USD");
          const { stdout } = exits(await cli.run(args), 0);
          assert.match(stdout, /Found 1 matching service/);
          assert.ok(stdout.includes(services.geocoding));
          const [searchId, quoteId] = [idIn(stdout, "msearch"), idIn(stdout, "mquote")];
          const command = stdout.slice(stdout.indexOf("peaqos scale order"));
          for (const part of [services.geocoding, searchId, quoteId, made.machineId!])
            assert.ok(command.includes(part), `${part} is not in:\n${command}`);
          const ended = await cli.run(
            cli.order(
              services.geocoding,
              "--search-id",
              searchId,
              "--quote-id",
              quoteId,
              "--input",
              site(),
              "--yes",
            ),
          );
          assert.match(exits(ended, 0).stdout, /Order executed\./);
          assert.equal(figure(ended.stdout, "Status"), "delivered");
        },
      },
      {
        name: "search --json with every filter, and one that finds nothing: exit 0",
        async run() {
          const more = [
            "--service-type",
            "oracle.price-feed",
            "--operation",
            "get-latest-price",
            "--max-results",
            "1",
            "--native-only",
            "--allow-handoff",
            "--json",
          ];
          const found = JSON.parse(exits(await cli.run(search(...more)), 0).stdout);
          assert.deepEqual(
            [found.status, found.quotes.length, found.machine_id],
            ["completed", 1, made.machineId],
          );
          const none = exits(
            await cli.run(search("--service-type", "storage", "--capabilities", "nothing-has-this")),
            0,
          );
          assert.match(none.stdout, /No matching|no match/i);
        },
      },
      {
        name: "order at a service that costs nothing, --json: created and executed in two steps, the result in it",
        async run() {
          const placed = JSON.parse(
            exits(await cli.run(cli.order(services.geocoding, "--input", site(), "--json")), 0).stdout,
          );
          assert.deepEqual([placed.order.status, placed.execution.status_code], ["delivered", 200]);
          assert.equal(placed.execution.outcome.result.site_id, "461655");
          assert.deepEqual(placed.order.input_payload, { site_id: "461655" });
          orderId = placed.order.id;
        },
      },
      {
        name: "order received: confirmed; again, the sentence for ORDER_CLOSED",
        async run() {
          const args = ["order", "received", orderId, "--pairing-token-file", cli.tokenFile()];
          const { stdout } = exits(await cli.run(args), 0);
          assert.match(stdout, /Delivery confirmed\./);
          assert.equal(figure(stdout, "Status"), "confirmed");
          assert.match(exits(await cli.run(args), 2).stderr, /closed/i);
        },
      },
      {
        name: "order at a hand-off: the link, then received",
        async run() {
          const { stdout } = exits(await cli.run(cli.order(services.console, "--yes")), 0);
          assert.match(stdout, /Order placed \(external handoff\)\./);
          assert.match(figure(stdout, "Handoff"), /http/);
          const id = idIn(stdout, "mord");
          const args = ["order", "received", id, "--pairing-token-file", cli.tokenFile(), "--json"];
          assert.equal(JSON.parse(exits(await cli.run(args), 0).stdout).order.status, "confirmed");
        },
      },
      {
        name: "order at a seller that fails the work",
        upstream: "0.0.4 prints a failed run inside a 200 as executed, exit 0; only the status line tells",
        async run() {
          const input = cli.json("fails", { text: "x", mode: "error-400" });
          const { stdout } = exits(await cli.run(cli.order(services.echo, "--input", input, "--yes")), 0);
          assert.match(stdout, /Order executed\./);
          assert.equal(figure(stdout, "Status"), "failed");
        },
      },
      {
        name: "limits refused: above one purchase, above the day, a denied service; exit 2 with the server's figures",
        async run() {
          const before = { ...made };
          const attempt = async (policy: object, ...more: string[]) => {
            const { pairingId, token } = await side.pair(made.machineId!, policy);
            Object.assign(made, { pairingId, token });
            try {
              return exits(
                await cli.run(cli.order(services.priceFeed, "--input", rates(), "--yes", ...more)),
                2,
              ).stderr;
            } finally {
              Object.assign(made, before);
            }
          };
          assert.match(
            await attempt({ perTransactionLimit: 0.01, currency: "USD" }),
            /0\.05 USDC is more than the limit of 0\.01 USD/,
          );
          assert.match(await attempt({ dailySpendLimit: 0.04, currency: "USD" }), /0\.04 USD left of 0\.04/);
          assert.match(await attempt({ deniedServiceIds: [services.priceFeed] }), /polic/i);
        },
      },
      {
        name: "an expired quote: QUOTE_EXPIRED, exit 2; nothing was ordered",
        async run() {
          const body = { machineId: made.machineId, serviceType: "location" };
          const found = await side.call("POST", "/market/search", { token: made.token!, body });
          const quote = found.body.item.quotes[0];
          const env = { PEAQOS_ORCHESTRATION_URL: await side.replica({}, 600_000) };
          const args = cli.order(services.geocoding, "--quote-id", quote.id, "--input", site(), "--yes");
          assert.match(exits(await cli.run(args, env), 2).stderr, /quote/i);
        },
      },
      {
        name: "a token that has expired: AGENT_AUTH_EXPIRED, exit 2",
        async run() {
          const env = { PEAQOS_ORCHESTRATION_URL: await side.replica({}, 8 * 86_400_000) };
          const ended = await cli.run(search("--service-type", "location"), env);
          assert.match(exits(ended, 2).stderr, /expired/i);
        },
      },
      {
        name: "faults of the command line are found before anything is sent: exit 1, or 2 where the parser finds them",
        async run() {
          const none = await cli.run(cli.order(services.geocoding, "--input", "/no/such/file", "--yes"));
          assert.match(exits(none, 1).stderr, /Could not read/);
          const half = await cli.run(
            cli.order(services.priceFeed, "--payment-tx-hash", `0x${"1".repeat(64)}`, "--yes"),
          );
          assert.match(exits(half, 1).stderr, /--payment-chain/);
          exits(await cli.run(["search", "--machine-id", made.machineId!]), 2);
        },
      },
      {
        name: "order list: a page with its cursor, the next page by it, --json walks them all",
        async run() {
          const list = ["order", "list", "--machine-id", made.machineId!];
          const page = exits(await cli.run([...list, "--limit", "2"]), 0).stdout;
          assert.match(page, /2 order\(s\) shown|2 orders shown/);
          const cursor = /--cursor (\S+)/.exec(page)?.[1];
          assert.ok(cursor, page);
          const next = JSON.parse(
            exits(await cli.run([...list, "--limit", "2", "--cursor", cursor, "--json"]), 0).stdout,
          );
          const all = JSON.parse(exits(await cli.run([...list, "--json"]), 0).stdout) as { id: string }[];
          assert.deepEqual(
            next.items.map(({ id }: { id: string }) => id),
            all.slice(2, 4).map(({ id }) => id),
          );
          assert.ok(all.some(({ id }) => id === orderId));
          const served = await side.call("GET", `/market/orders?machineId=${made.machineId}&limit=500`);
          assert.deepEqual(
            all.map(({ id }) => id),
            served.body.items.map(({ id }: { id: string }) => id),
          );
        },
      },
    ];
  },
});
