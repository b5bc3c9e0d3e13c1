import assert from "node:assert/strict";
import { keccak256, toHex } from "viem";
import type { Case, Group } from "../case.ts";
import { rejects } from "../expect.ts";
import type { Made } from "./sdk-identity.ts";

const SOURCE_TX = `0x${"ab".repeat(32)}`;

export const sdkEvents = (made: Made): Group => ({
  title: "SDK 0.3.0: events",
  cases: ({ sdk, stack }): Case[] => {
    const event = (overrides: Record<string, unknown> = {}) => ({
      machine_id: made.self?.machineId,
      event_type: 1,
      value: 0,
      timestamp: stack.now() - 60,
      raw_data: null,
      trust_level: 0,
      source_chain_id: 0,
      source_tx_hash: null,
      metadata: { $hex: "" },
      ...overrides,
    });
    const submit = (client: string, overrides: Record<string, unknown> = {}) =>
      sdk.call("submit_event", { client, ...event(overrides) });
    const stored = (machineId: number | undefined) =>
      sdk.call("view", {
        client: "self",
        contract: "event_registry",
        function: "getEventCount",
        args: [machineId],
      });
    const last = async (machineId: number) => {
      const index = (await stored(machineId)) - 1;
      const args = [machineId, index];
      return sdk.call("view", { client: "self", contract: "event_registry", function: "getEventAt", args });
    };
    return [
      {
        name: "submit_event: activity",
        async run() {
          const [hash, dataHash] = await submit("self", { value: 7_400 });
          assert.match(hash, /^(0x)?[0-9a-f]{64}$/);
          assert.equal(dataHash.$hex, "0".repeat(64));
          const [, type, value, , , trust, , , , currency] = await last(made.self!.machineId);
          assert.deepEqual([type, value, trust, currency], [1, 7_400, 0, ""]);
        },
      },
      {
        name: "submit_event: revenue, currency left out becomes USD",
        async run() {
          await submit("self", { event_type: 0, value: 1_250 });
          assert.equal((await last(made.self!.machineId))[9], "USD");
        },
      },
      {
        name: "submit_event: revenue in another currency",
        async run() {
          await submit("self", { event_type: 0, value: 3_000, currency: "JPY" });
          assert.equal((await last(made.self!.machineId))[9], "JPY");
        },
      },
      {
        name: "submit_event: raw data is hashed, metadata is stored",
        async run() {
          const raw = toHex("session 4711");
          const metadata = toHex('{"kwh":7.4}');
          const [, dataHash] = await submit("self", {
            raw_data: { $hex: raw },
            metadata: { $hex: metadata },
          });
          assert.equal(`0x${dataHash.$hex}`, keccak256(raw));
          const row = await last(made.self!.machineId);
          assert.equal(`0x${row[4].$hex}`, keccak256(raw));
          assert.equal(`0x${row[8].$hex}`, metadata);
        },
      },
      {
        name: "submit_event: trust level 1 with a source transaction",
        async run() {
          await submit("self", {
            event_type: 0,
            value: 500,
            trust_level: 1,
            source_chain_id: 8453,
            source_tx_hash: SOURCE_TX,
          });
          const row = await last(made.self!.machineId);
          assert.equal(row[5], 1);
          assert.equal(row[6], 8453);
          assert.equal(`0x${row[7].$hex}`, SOURCE_TX);
        },
      },
      {
        name: "submit_event by the operator for its machine, and by the machine itself",
        async run() {
          const machineId = made.proxied?.machineId;
          await submit("operator", { machine_id: machineId });
          await submit("proxied", { machine_id: machineId });
          assert.equal(await stored(machineId), 2);
        },
      },
      {
        name: "submit_event for somebody else's machine: RpcError NotAuthorizedSubmitter",
        run: () => rejects(submit("operator"), "RpcError", "NotAuthorizedSubmitter"),
      },
      {
        name: "submit_event for an unknown machine: RpcError MachineNotFound",
        run: () => rejects(submit("self", { machine_id: 999_999 }), "RpcError", "MachineNotFound"),
      },
      {
        name: "submit_event in the future",
        upstream: "the name FutureTimestamp is not known to 0.3.0: TX_REVERTED with the selector",
        run: () =>
          rejects(
            submit("self", { timestamp: stack.now() + 3_600 }),
            "RpcError",
            "TX_REVERTED",
            /0x0ff02cef/,
          ),
      },
      {
        name: "submit_event with metadata one byte too long",
        upstream: "MetadataTooLarge is not known to 0.3.0: TX_REVERTED",
        run: () =>
          rejects(submit("self", { metadata: { $hex: "00".repeat(4_097) } }), "RpcError", "TX_REVERTED"),
      },
      {
        name: "submit_event with wrong values: ValidationError before anything is sent",
        async run() {
          for (const wrong of [
            { machine_id: 0 },
            { event_type: 2 },
            { value: -1 },
            { trust_level: 3 },
            { source_chain_id: 9990 },
            { raw_data: { $hex: "" } },
            { trust_level: 1 },
            { timestamp: 0 },
            { event_type: 0, currency: "usd" },
            { event_type: 1, currency: "USD" },
          ])
            await rejects(submit("self", wrong), "ValidationError");
        },
      },
      {
        name: "batch_submit_events: three events of two machines in one transaction",
        async run() {
          const before = await stored(made.proxied?.machineId);
          const hashes = await sdk.call("batch_submit_events", {
            client: "operator",
            events: [
              { ...event({ machine_id: made.proxied?.machineId }), currency: "" },
              {
                ...event({ machine_id: made.proxied?.machineId, event_type: 0, value: 900 }),
                currency: "USD",
              },
              { ...event({ machine_id: made.operator?.machineId }), currency: "" },
            ],
          });
          assert.equal(hashes.length, 3);
          assert.equal(new Set(hashes).size, 1);
          assert.equal(await stored(made.proxied?.machineId), before + 2);
          assert.equal(await stored(made.operator?.machineId), 1);
        },
      },
      {
        name: "batch_submit_events with one event it may not submit: none is stored",
        async run() {
          const before = await stored(made.proxied?.machineId);
          const events = [
            { ...event({ machine_id: made.proxied?.machineId }), currency: "" },
            { ...event(), currency: "" },
          ];
          await rejects(
            sdk.call("batch_submit_events", { client: "operator", events }),
            "RpcError",
            "NotAuthorizedSubmitter",
          );
          assert.equal(await stored(made.proxied?.machineId), before);
        },
      },
      {
        name: "batch_submit_events without a currency: ValidationError",
        run: () =>
          rejects(sdk.call("batch_submit_events", { client: "self", events: [event()] }), "ValidationError"),
      },
      {
        name: "operational limits: ValueCapExceeded and RateLimitExceeded",
        async run() {
          await sdk.call("connect", {
            name: "limited",
            config: stack.clientConfig(made.self!.privateKey),
            limits: { max_value_per_tx: 1_000, rate_limit_max_events: 1, rate_limit_window_seconds: 3_600 },
          });
          await rejects(submit("limited", { event_type: 0, value: 1_001 }), "ValueCapExceeded");
          const before = await stored(made.self?.machineId);
          await rejects(
            (async () => {
              for (let count = 0; count < 2; count += 1) await submit("limited");
            })(),
            "RateLimitExceeded",
          );
          assert.ok((await stored(made.self?.machineId)) - before <= 1);
        },
      },
    ];
  },
});
