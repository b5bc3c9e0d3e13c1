import assert from "node:assert/strict";
import type { Case, Group } from "../case.ts";
import { PublishedSdkError } from "../published-sdk.ts";
import type { MarketMade } from "./market.ts";

/** The documented examples as they stand; `m-1` is the machine there. */
export const sdkMarketDocumented = (made: MarketMade): Group => ({
  title: "SDK 0.3.0, market: the documented examples, word for word",
  cases: (context): Case[] => {
    const run = (code: string): Promise<string> =>
      context.market.call("run", {
        client: "documented",
        code: code.replaceAll("m-1", made.machineId!),
        names: {},
      });
    const fails = (code: string) =>
      assert.rejects(run(code), (error) => {
        assert.ok(error instanceof PublishedSdkError);
        assert.equal(error.type, "TypeError");
        return true;
      });

    return [
      {
        name: "from_env() and list_machines",
        async run() {
          await context.market.call("connect_from_env", { name: "documented" });
          const printed = await run(`from dotenv import load_dotenv
from peaq_os_sdk import PeaqosClient

load_dotenv()

client = PeaqosClient.from_env()
machines = client.orchestration.list_machines()
for m in machines.items:
    print(m.id, m.display_name)
`);
          assert.ok(printed.includes(made.machineId!));
        },
      },
      {
        name: "the functional form",
        async run() {
          const printed = await run(`from peaq_os_sdk.orchestration import list_machines

resp = list_machines(client, limit=20)
print(len(resp.items), resp.next_cursor)
`);
          assert.match(printed, /^[1-9]\d* /);
        },
      },
      {
        name: "the four iterators that need no more than the example gives, and paging by hand",
        async run() {
          const printed = await run(`for m in client.orchestration.list_machines_all():
    print("machine", m.id)
for s in client.orchestration.list_skills_all():
    print("skill", s.key)
for svc in client.orchestration.list_market_services_all():
    print("service", svc.id)
for o in client.orchestration.list_market_orders_all(machine_id="m-1"):
    print("order", o.id)

cursor = None
while True:
    page = client.orchestration.list_market_orders(
        machine_id="m-1", limit=50, cursor=cursor,
    )
    for order in page.items:
        print("again", order.id)
    if page.next_cursor is None:
        break
    cursor = page.next_cursor
`);
          for (const word of ["machine", "skill", "service"])
            assert.match(printed, new RegExp(`^${word} `, "m"));
          const ids = (word: string) =>
            [...printed.matchAll(new RegExp(`^${word} (\\S+)$`, "gm"))].map(([, id]) => id);
          assert.deepEqual(ids("again"), ids("order"));
          assert.ok(ids("order").includes(made.orderId));
        },
      },
      {
        name: "list_agent_pairings_all() and list_runtime_endpoints_all() without a machine",
        upstream:
          "the example leaves out the machine id that 0.3.0 asks for: a TypeError before anything is sent",
        async run() {
          await fails("for p in client.orchestration.list_agent_pairings_all():\n    ...\n");
          await fails("for e in client.orchestration.list_runtime_endpoints_all():\n    ...\n");
        },
      },
      {
        name: "list_policies(limit=..., cursor=...)",
        upstream: "documented with limit and cursor, which 0.3.0 does not take; the market takes both",
        async run() {
          await fails("client.orchestration.list_policies(limit=1)\n");
          const page = await context.stack.market.call("GET", "/policies?limit=1");
          assert.equal(page.status, 200);
          assert.ok(page.body.items.length <= 1);
        },
      },
      {
        name: "client.orchestration without a URL: OrchestrationConfigError",
        async run() {
          const config = context.stack.clientConfig(context.stack.developer.privateKey);
          await context.market.call("connect", { name: "no-url", config });
          await assert.rejects(
            context.market.call("call", { client: "no-url", method: "check_health" }),
            /orchestration_url|ORCHESTRATION_URL|OrchestrationConfigError/,
          );
        },
      },
      {
        name: "a pairing's repr hides its token",
        async run() {
          const printed =
            await run(`from peaq_os_sdk.types.orchestration.agent_pairing import AgentPairing, DelegationPolicy
policy = DelegationPolicy((), (), (), ())
print(repr(AgentPairing("pair_1", "m-1", "0x", "p", "r", "active", True, policy, "t", "t", pairing_token="very-secret")))
`);
          assert.doesNotMatch(printed, /very-secret/);
        },
      },
    ];
  },
});
