import assert from "node:assert/strict";
import type { Case, Group } from "../case.ts";
import { rejects } from "../expect.ts";
import type { Made } from "./sdk-identity.ts";

const STRANGER = "did:peaq:0x00000000000000000000000000000000000000ff";

export const sdkQueries = (made: Made): Group => ({
  title: "SDK 0.3.0: queries of the rating API",
  cases: ({ sdk, stack }): Case[] => [
    {
      name: "query_mcr: a machine's rating and counts",
      async run() {
        await stack.settled();
        const answer = await sdk.call("query_mcr", { client: "self", did: made.self?.did });
        assert.equal(answer.machine_id, made.self?.machineId);
        assert.equal(answer.bond_status, "bonded");
        assert.equal(answer.negative_flag, false);
        assert.equal(answer.event_count, answer.revenue_event_count + answer.activity_event_count);
        assert.ok(answer.revenue_event_count >= 3);
        assert.equal(answer.mcr, "Provisioned");
        assert.equal(answer.mcr_score, 0);
      },
    },
    {
      name: "query_mcr takes the DID in any letter case",
      async run() {
        const answer = await sdk.call("query_mcr", { client: "self", did: made.self?.did.toLowerCase() });
        assert.equal(answer.machine_id, made.self?.machineId);
      },
    },
    {
      name: "query_machine: visibility onchain, its events row by row",
      async run() {
        const { schema_version, name, peaqos } = await sdk.call("query_machine", {
          client: "self",
          did: made.self?.did,
        });
        assert.equal(schema_version, "1.0");
        assert.match(name, /^Machine #\d+$/);
        assert.equal(peaqos.data_visibility, "onchain");
        assert.equal(peaqos.operator, null);
        assert.equal(peaqos.documentation_url, "https://docs.example/m");
        assert.equal(peaqos.event_data.length, peaqos.event_count);
        const yen = peaqos.event_data.find(
          (row: { origin_currency?: string }) => row.origin_currency === "JPY",
        );
        assert.equal(yen.origin_value, 3_000);
        assert.equal(yen.origin_subunit, 1);
        assert.ok(yen.usd_value > 0);
        const withMetadata = peaqos.event_data.find((row: { metadata: object }) => "kwh" in row.metadata);
        assert.equal(withMetadata.metadata.kwh, 7.4);
      },
    },
    {
      name: "query_machine: an operator's machine names its operator",
      async run() {
        const { peaqos } = await sdk.call("query_machine", { client: "self", did: made.proxied?.did });
        assert.equal(peaqos.operator?.toLowerCase(), made.operator?.did.toLowerCase());
      },
    },
    {
      name: "query_operator_machines: the fleet",
      async run() {
        const args = { client: "self", did: made.operator?.did };
        const { machines, pagination } = await sdk.call("query_operator_machines", args);
        assert.deepEqual(
          machines.map((machine: { machine_id: number }) => machine.machine_id),
          [made.proxied?.machineId],
        );
        assert.equal(pagination.total, 1);
      },
    },
    {
      name: "query_operator_machines of somebody without a list: empty, no error",
      async run() {
        const { machines } = await sdk.call("query_operator_machines", {
          client: "self",
          did: made.self?.did,
        });
        assert.deepEqual(machines, []);
      },
    },
    {
      name: "query_mcr and query_machine of a stranger: ApiError NOT_FOUND",
      async run() {
        await rejects(sdk.call("query_mcr", { client: "self", did: STRANGER }), "ApiError", "NOT_FOUND");
        await rejects(sdk.call("query_machine", { client: "self", did: STRANGER }), "ApiError", "NOT_FOUND");
      },
    },
    {
      name: "queries with something that is no DID: ValidationError",
      async run() {
        for (const call of ["query_mcr", "query_machine", "query_operator_machines"])
          await rejects(sdk.call(call, { client: "self", did: "machine 7" }), "ValidationError");
      },
    },
    {
      name: "queries with a DID that is none behind its prefix: ApiError HTTP_ERROR",
      run: () =>
        rejects(sdk.call("query_mcr", { client: "self", did: "did:peaq:0x12" }), "ApiError", "HTTP_ERROR"),
    },
    {
      name: "queries with nobody at the address: ApiError NETWORK_ERROR",
      async run() {
        const config = { ...stack.clientConfig(made.self!.privateKey), api_url: "http://127.0.0.1:1" };
        await sdk.call("connect", { name: "nowhere", config });
        await rejects(
          sdk.call("query_mcr", { client: "nowhere", did: made.self?.did }),
          "ApiError",
          "NETWORK_ERROR",
        );
      },
    },
  ],
});
