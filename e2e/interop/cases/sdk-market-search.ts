import assert from "node:assert/strict";
import type { Case, Group } from "../case.ts";
import { type MarketMade, market, of } from "./market.ts";

export const sdkMarketSearch = (made: MarketMade): Group => ({
  title: "SDK 0.3.0, market: skills, services, search, policies",
  cases: (context): Case[] => {
    const side = context.stack.market;
    const api = market(context);
    const { services } = side;
    const search = (fields: object) => [
      of("MarketSearchRequest", { machine_id: made.machineId, ...fields }),
      made.token,
    ];
    type Row = { id: string };
    const ids = (rows: Row[]) => rows.map(({ id }) => id);

    return [
      {
        name: "list_skills, filtered and page by page; list_skills_all the same; get_skill, get_skill_manifest",
        async run() {
          const all = await api.call("list_skills_all", [], { limit: 3 });
          assert.ok(api.exchanges().length > 1);
          assert.deepEqual(all, (await api.call("list_skills")).items);
          const first = await api.call("list_skills", [], { limit: 2 });
          const second = await api.call("list_skills", [], { limit: 2, cursor: first.next_cursor });
          assert.deepEqual([...first.items, ...second.items], all.slice(0, 4));
          const options = of("ListSkillsOptions", { direction: "machine-consumes" });
          const consumed = await api.call("list_skills", [options]);
          assert.ok(
            consumed.items.every((each: { direction: string }) => each.direction === "machine-consumes"),
          );
          const none = await api.call("list_skills", [of("ListSkillsOptions", { source: "clawhub" })]);
          assert.deepEqual(none.items, []);
          const { item } = await api.call("get_skill", ["site-geocoding"]);
          assert.deepEqual(item.operations, ["geocode-site"]);
          const manifest = await api.call("get_skill_manifest", ["site-geocoding"]);
          assert.ok(
            manifest.item.inputs.some(
              ({ key, required }: { key: string; required: boolean }) => key === "siteId" && required,
            ),
          );
          assert.ok(manifest.item.outputs.length > 0);
          await api.refused("NOT_FOUND", "get_skill", ["no-such-skill"]);
          await api.refused("NOT_FOUND", "get_skill_manifest", ["no-such-skill"]);
          await api.invalid("skill_key", "get_skill", [" "]);
          await api.refused("VALIDATION_ERROR", "list_skills", [
            of("ListSkillsOptions", { scope: "galaxy" }),
          ]);
        },
      },
      {
        name: "update_skill_config: credentials go in and never come out",
        async run() {
          const args = (skill: string, fields: object) => [
            skill,
            of("UpdateSkillConfigRequest", { ...fields }),
          ];
          const fields = {
            enabled: true,
            credentials: { api_key: "very-secret" },
            settings: { max_retries: 3, ratio: 0.5, mode: "fast" },
          };
          const { item } = await api.call("update_skill_config", args("reference-rates", fields));
          assert.equal(api.exchanges()[0]?.sent.credentials.apiKey, "very-secret");
          assert.deepEqual(
            [item.skill_key, item.enabled, item.has_credentials],
            ["reference-rates", true, true],
          );
          assert.deepEqual(item.settings, { max_retries: 3, ratio: 0.5, mode: "fast" });
          assert.ok(!JSON.stringify(api.exchanges()[0]?.answer).includes("very-secret"));
          const kept = await api.call("update_skill_config", args("reference-rates", { enabled: true }));
          assert.deepEqual([kept.item.has_credentials, kept.item.settings], [true, item.settings]);
          const error = await api.refused("NOT_FOUND", "update_skill_config", args("no-such-skill", fields));
          assert.ok(!error.message.includes("very-secret"));
        },
      },
      {
        name: "list_market_services by every filter, page by page; list_market_services_all the same; get_market_service",
        async run() {
          const all = await api.call("list_market_services_all", [], { limit: 4 });
          assert.ok(api.exchanges().length >= 3);
          assert.deepEqual(all, (await api.call("list_market_services", [], { limit: 500 })).items);
          assert.equal(new Set(ids(all)).size, all.length);
          for (const id of Object.values(services)) assert.ok(ids(all).includes(id), id);
          const filtered = async (fields: object) =>
            ids(
              (await api.call("list_market_services", [of("ListMarketServicesOptions", { ...fields })]))
                .items,
            );
          assert.deepEqual(await filtered({ provider_key: "example-storage" }), [services.storage]);
          assert.deepEqual(await filtered({ execution_mode: "external-handoff" }), [services.console]);
          assert.deepEqual(await filtered({ service_type: "storage.object" }), [services.storage]);
          assert.ok((await filtered({ machine_id: made.machineId })).length > 0);
          const { item } = await api.call("get_market_service", [services.console]);
          assert.equal(item.execution_mode, "external-handoff");
          assert.ok(item.handoff.label && item.handoff.url);
          const options = of("GetMarketServiceOptions", { machine_id: made.machineId });
          assert.equal(
            (await api.call("get_market_service", [services.priceFeed, options])).item.id,
            services.priceFeed,
          );
          await api.refused("NOT_FOUND", "get_market_service", ["svc_000000000000"]);
          await api.refused("NOT_FOUND", "get_market_service", [
            services.priceFeed,
            of("GetMarketServiceOptions", { machine_id: "mach_000000000000" }),
          ]);
          await api.refused("VALIDATION_ERROR", "list_market_services", [
            of("ListMarketServicesOptions", { execution_mode: "telepathy" }),
          ]);
        },
      },
      {
        name: "search_market by type, short word, capability, budget, hand-off; get_market_search reads the same again",
        async run() {
          const byType = await api.call(
            "search_market",
            search({ service_type: "oracle.price-feed", operation: "get-latest-price" }),
          );
          const { item } = byType;
          assert.equal(item.status, "completed");
          assert.equal(item.agent_pairing_id, made.pairingId);
          assert.ok(
            item.quotes.some((each: { service_id: string }) => each.service_id === services.priceFeed),
          );
          const quote = item.quotes.find(
            (each: { service_id: string }) => each.service_id === services.priceFeed,
          );
          assert.deepEqual([quote.pricing.mode, quote.pricing.amount], ["fixed", 0.05]);
          assert.deepEqual(
            [quote.payment.default_rail, quote.payment.required, quote.payment.chain],
            ["wallet", true, side.chain],
          );
          assert.ok(quote.reasons.length > 0 && Date.parse(quote.expires_at) > Date.now());
          made.searchId = item.id;
          assert.deepEqual((await api.call("get_market_search", [item.id])).item, item);

          const serviceIds = async (fields: object) =>
            (await api.call("search_market", search(fields))).item.quotes.map(
              (each: { service_id: string }) => each.service_id,
            );
          assert.deepEqual(await serviceIds({ service_type: "location" }), [services.geocoding]);
          assert.deepEqual(
            await serviceIds({
              service_type: "storage",
              budget: of("MarketSearchBudget", { max: 0.01, currency: "USD" }),
            }),
            [],
          );
          // A hand-off is taken unless the request asks for native execution.
          assert.deepEqual(
            await serviceIds({ service_type: "network.partner-console", require_native_execution: true }),
            [],
          );
          assert.deepEqual(
            await serviceIds({ service_type: "network.partner-console", allow_external_handoff: true }),
            [services.console],
          );
          assert.deepEqual(
            await serviceIds({ service_type: "location", required_capabilities: ["no-such-capability"] }),
            [],
          );
          const one = await serviceIds({ service_type: "oracle.price-feed", max_results: 1 });
          assert.equal(one.length, 1);
          assert.ok((await serviceIds({ service_type: "oracle.price-feed", max_results: -1 })).length >= 1);
        },
      },
      {
        name: "search_market: an unknown type finds nothing, and credentials appear nowhere",
        async run() {
          const none = await api.call("search_market", search({ service_type: "quantum.teleport" }));
          assert.deepEqual([none.item.status, none.item.quotes], ["no_match", []]);
          const walrus = of("WalrusCredentials", { publisher_token: "very-secret" });
          const given = {
            service_type: "storage",
            provider_credentials: of("ProviderCredentials", { walrus }),
          };
          const { item } = await api.call("search_market", search(given));
          assert.equal(api.exchanges()[0]?.sent.providerCredentials.walrus.publisherToken, "very-secret");
          const kept = await side.call("GET", `/market/searches/${item.id}`);
          assert.equal(kept.status, 200);
          assert.ok(!JSON.stringify([api.exchanges()[0]?.answer, kept.body]).includes("very-secret"));
        },
      },
      {
        name: "search_market with the token of another machine is AGENT_AUTH_INVALID; get_market_search of an unknown one NOT_FOUND",
        async run() {
          const args = [
            of("MarketSearchRequest", { machine_id: context.stack.file.agent?.market_machine_id }),
            made.token,
          ];
          await api.refused("AGENT_AUTH_INVALID", "search_market", args);
          await api.refused("NOT_FOUND", "get_market_search", ["msearch_000000000000"]);
          await api.invalid("search_id", "get_market_search", [" "]);
        },
      },
      {
        name: "create_policy, update_policy, list_policies: a policy of the machine narrows what a search finds",
        async run() {
          const fields = {
            name: "geocoding only",
            allowed_skill_keys: ["site-geocoding"],
            budget_cap: of("PolicyBudgetCap", { currency: "USD", amount: 100 }),
            native_only: true,
          };
          const { item } = await api.call("create_policy", [of("CreatePolicyRequest", fields)]);
          assert.deepEqual(
            [item.allowed_skill_keys, item.native_only, item.budget_cap.amount],
            [["site-geocoding"], true, 100],
          );
          const attach = (policy_ids: string[]) =>
            api.call("update_machine", [made.machineId, of("UpdateMachineRequest", { policy_ids })]);
          await attach([item.id]);
          const denied = await api.call("search_market", search({ service_type: "oracle.price-feed" }));
          assert.deepEqual(denied.item.quotes, []);
          const found = await api.call("search_market", search({ service_type: "location" }));
          assert.equal(found.item.quotes.length, 1);

          const wider = of("UpdatePolicyRequest", {
            name: "all but one",
            allowed_skill_keys: [],
            denied_skill_keys: ["interop-far"],
            native_only: false,
          });
          const updated = await api.call("update_policy", [item.id, wider]);
          assert.deepEqual(
            [updated.item.name, updated.item.allowed_skill_keys, updated.item.denied_skill_keys],
            ["all but one", [], ["interop-far"]],
          );
          assert.equal(updated.item.budget_cap.amount, 100);
          const again = await api.call("search_market", search({ service_type: "oracle.price-feed" }));
          assert.ok(again.item.quotes.length > 0);
          const { items } = await api.call("list_policies");
          assert.ok(ids(items).includes(item.id));
          const unused = await attach([]);
          assert.deepEqual(unused.item.policy_ids, []);
        },
      },
      {
        name: "policies refused: blank name at the client, a cap below zero, an unknown id, a policy that is not there",
        async run() {
          await api.invalid("name", "create_policy", [of("CreatePolicyRequest", { name: " " })]);
          const cap = of("PolicyBudgetCap", { currency: "USD", amount: -1 });
          await api.refused("VALIDATION_ERROR", "create_policy", [
            of("CreatePolicyRequest", { name: "p", budget_cap: cap }),
          ]);
          await api.refused("NOT_FOUND", "update_policy", [
            "pol_000000000000",
            of("UpdatePolicyRequest", { name: "p" }),
          ]);
          const args = [made.machineId, of("UpdateMachineRequest", { policy_ids: ["pol_000000000000"] })];
          await api.refused("VALIDATION_ERROR", "update_machine", args);
          await (await api.other("policies-no-key", side.url, null)).refused(
            "AUTH_REQUIRED",
            "list_policies",
          );
        },
      },
    ];
  },
});
