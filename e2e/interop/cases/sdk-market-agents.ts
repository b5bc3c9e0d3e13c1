import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Case, Group } from "../case.ts";
import { type MarketMade, market, of } from "./market.ts";

/** A runtime on this computer: what a heartbeat or an endpoint points to. */
async function runtime(): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((_request, response) => response.writeHead(200).end("{}"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

export const sdkMarketAgents = (made: MarketMade): Group => ({
  title: "SDK 0.3.0, market: machine agents and runtime endpoints",
  cases: (context): Case[] => {
    const api = market(context);
    const machine = () => made.machineId!;
    const endpoint = (url: string, more = {}) =>
      of("HeartbeatEndpointEntry", { provider_key: "qvac", endpoint_base_url: url, ...more });
    let agent: { id: string; token: string };
    const beat = (endpoints: unknown, fields: object = {}) => [
      of("MachineAgentHeartbeatRequest", {
        machine_id: machine(),
        agent_id: agent.id,
        agent_token: agent.token,
        endpoints,
        ...fields,
      }),
    ];

    return [
      {
        name: "enroll_machine_agent with and without arguments: a provisioning token once",
        async run() {
          const args = [
            machine(),
            of("EnrollMachineAgentRequest", { label: "runtime", allowed_provider_keys: ["qvac"] }),
          ];
          const { item } = await api.call("enroll_machine_agent", args);
          assert.equal(item.status, "provisioned");
          assert.deepEqual(item.allowed_provider_keys, ["qvac"]);
          assert.ok(item.provisioning_token.length > 20);
          agent = { id: item.id, token: item.provisioning_token };
          const bare = await api.call("enroll_machine_agent", [machine()]);
          assert.deepEqual(api.exchanges()[0]?.sent, {});
          const { items } = await api.call("list_machine_agents", [machine()]);
          assert.deepEqual(
            items
              .map(({ id, provisioning_token }: { id: string; provisioning_token: null }) => [
                id,
                provisioning_token,
              ])
              .toSorted(),
            [
              [item.id, null],
              [bare.item.id, null],
            ].toSorted(),
          );
          assert.equal(await api.call("revoke_machine_agent", [machine(), bare.item.id]), null);
          await api.refused("NOT_FOUND", "enroll_machine_agent", ["mach_000000000000"]);
          await api.refused("NOT_FOUND", "revoke_machine_agent", [machine(), "magt_000000000000"]);
          await api.refused("NOT_FOUND", "list_machine_agents", ["mach_000000000000"]);
        },
      },
      {
        name: "machine_agent_heartbeat with a tuple of endpoints: snake_case on the wire, nulls and all",
        async run() {
          const place = await runtime();
          const { item } = await api.call("machine_agent_heartbeat", beat([endpoint(place.url)]));
          const [{ headers, sent }] = api.exchanges() as [ReturnType<typeof api.exchanges>[0]];
          assert.equal(headers["x-api-key"], undefined);
          assert.equal(sent.leaseTtlSeconds, null);
          assert.deepEqual(Object.keys(sent.endpoints[0]), [
            "provider_key",
            "endpoint_base_url",
            "label",
            "auth_type",
            "auth_token",
            "model_alias",
            "network_scope",
            "probe_path",
          ]);
          assert.deepEqual(
            [item.machine_id, item.agent_id, item.lease_ttl_seconds],
            [machine(), agent.id, 120],
          );
          const [seen] = item.endpoints;
          assert.deepEqual(
            [seen.provider_key, seen.endpoint_base_url, seen.status],
            ["qvac", place.url, "active"],
          );
          await place.stop();
        },
      },
      {
        name: "machine_agent_heartbeat with a list of endpoints: camelCase, a lease of one's own",
        async run() {
          const place = await runtime();
          const entry = endpoint(place.url, { label: "lab", network_scope: "loopback", model_alias: "m" });
          const args = beat({ $list: [entry] }, { lease_ttl_seconds: 90 });
          const { item } = await api.call("machine_agent_heartbeat", args);
          assert.equal(api.exchanges()[0]?.sent.endpoints[0].providerKey, "qvac");
          assert.equal(item.lease_ttl_seconds, 90);
          const listed = await api.call("get_runtime_endpoint", [machine(), "qvac"]);
          assert.deepEqual(
            [listed.item.source, listed.item.agent_id, listed.item.label, listed.item.model_alias],
            ["agent", agent.id, "lab", "m"],
          );
          assert.ok(listed.item.lease_expires_at && listed.item.last_healthy_at);
          await place.stop();
        },
      },
      {
        name: "machine_agent_heartbeat refused: wrong token, a provider it may not name, a lease too short, no endpoints",
        async run() {
          const here = endpoint("http://127.0.0.1:9");
          await api.refused(
            "AGENT_AUTH_INVALID",
            "machine_agent_heartbeat",
            beat([here], { agent_token: "wrong" }),
          );
          const other = { ...here, provider_key: "acme" };
          await api.refused("AGENT_POLICY_DENIED", "machine_agent_heartbeat", beat([other]));
          await api.refused(
            "VALIDATION_ERROR",
            "machine_agent_heartbeat",
            beat([here], { lease_ttl_seconds: 1 }),
          );
          await api.invalid("endpoints", "machine_agent_heartbeat", beat([]));
          await api.call("revoke_machine_agent", [machine(), agent.id]);
          await api.refused("AGENT_PAIRING_INACTIVE", "machine_agent_heartbeat", beat([here]));
        },
      },
      {
        name: "upsert, list, get, delete_runtime_endpoint: the token is never shown",
        async run() {
          const place = await runtime();
          const args = (key: string, fields: object = {}) => [
            machine(),
            key,
            of("UpsertRuntimeEndpointRequest", { endpoint_base_url: place.url, ...fields }),
          ];
          const secret = {
            auth_type: "bearer",
            auth_token: "t0ken",
            label: "by hand",
            probe_path: "/health",
          };
          const { item } = await api.call("upsert_runtime_endpoint", args("local", secret));
          assert.deepEqual(
            [item.provider_key, item.source, item.has_auth_token, item.status, item.network_scope],
            ["local", "manual", true, "active", "loopback"],
          );
          assert.ok(!JSON.stringify(api.exchanges()[0]?.answer).includes("t0ken"));
          await api.call("upsert_runtime_endpoint", args("spare", { status: "degraded" }));
          const all = await api.call("list_runtime_endpoints_all", [machine()], { limit: 1 });
          assert.equal(api.exchanges().length, 3);
          const { items } = await api.call("list_runtime_endpoints", [machine()]);
          assert.deepEqual(all, items);
          assert.deepEqual(
            items.map(({ provider_key }: { provider_key: string }) => provider_key).toSorted(),
            ["local", "qvac", "spare"],
          );
          assert.equal(await api.call("delete_runtime_endpoint", [machine(), "spare"]), null);
          await api.refused("NOT_FOUND", "get_runtime_endpoint", [machine(), "spare"]);
          await api.refused("NOT_FOUND", "delete_runtime_endpoint", [machine(), "spare"]);
          await place.stop();
        },
      },
      {
        name: "upsert_runtime_endpoint: an address inside a network VALIDATION_ERROR, a text that is no URL stays at the client",
        async run() {
          const args = (endpoint_base_url: string, fields: object = {}) => [
            machine(),
            "local",
            of("UpsertRuntimeEndpointRequest", { endpoint_base_url, ...fields }),
          ];
          const lan = args("http://10.0.0.7:8080", { network_scope: "lan" });
          await api.refused("VALIDATION_ERROR", "upsert_runtime_endpoint", lan);
          const metadata = args("http://169.254.169.254", { network_scope: "public" });
          await api.refused("VALIDATION_ERROR", "upsert_runtime_endpoint", metadata);
          await api.invalid("endpoint_base_url", "upsert_runtime_endpoint", args("ftp://host"));
          await api.invalid("provider_key", "get_runtime_endpoint", [machine(), " "]);
          await api.refused("VALIDATION_ERROR", "list_runtime_endpoints", [machine()], { cursor: "%" });
        },
      },
    ];
  },
});
