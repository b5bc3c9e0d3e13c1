import assert from "node:assert/strict";
import type { MachineEntry } from "@peaqos/devnet";
import { privateKeyToAccount } from "viem/accounts";
import type { Case, Group } from "../case.ts";
import { type MarketMade, market, of, sign } from "./market.ts";

const keyOf = (machine: MachineEntry) => ({ account: privateKeyToAccount(machine.private_key) });

export const sdkMarketMachines = (made: MarketMade): Group => ({
  title: "SDK 0.3.0, market: health, machines, audit",
  cases: (context): Case[] => {
    const side = context.stack.market;
    const api = market(context);
    const machine = side.machine("aaa-truck-charger");
    const profile = { owner_id: "op_interop", machine_type: "charger", runtime_profile: "linux-docker" };
    const challenge = async (did: string) =>
      (
        await api.call("create_machine_identity_challenge", [
          of("CreateMachineIdentityChallengeRequest", { identity_ref: did }),
        ])
      ).item;
    const proof = async (entry: MachineEntry, signer = entry) => {
      const { challenge_id, message } = await challenge(entry.did);
      const signature = await sign(keyOf(signer), message);
      return of("MachineIdentityProofInput", { challenge_id, signature });
    };
    const create = (entry: MachineEntry, identity_proof: unknown, more = {}) => [
      of("CreateMachineRequest", {
        display_name: entry.name,
        identity_ref: entry.did,
        identity_proof,
        ...profile,
        ...more,
      }),
    ];
    const onboard = async (entry: MachineEntry): Promise<string> =>
      (await api.call("create_machine", create(entry, await proof(entry)))).item.id;

    return [
      {
        name: "check_health and get_readiness need no key",
        async run() {
          await api.connect();
          assert.deepEqual(await api.call("check_health"), { ok: true });
          assert.deepEqual(Object.keys(api.exchanges()[0]!.headers).toSorted(), [
            "content-type",
            "user-agent",
          ]);
          assert.match(api.exchanges()[0]!.headers["user-agent"]!, /^peaqos-sdk-py\/0\.3\.0$/);
          const { status, checks } = await api.call("get_readiness");
          assert.equal(status, "ready");
          assert.ok(checks.length > 0 && checks.every((each: { status: string }) => each.status === "pass"));
        },
      },
      {
        name: "get_readiness answers 2xx also when the market is not ready",
        async run() {
          const url = await side.replica({ PEAQOS_MCR_API_URL: "http://127.0.0.1:9" });
          const away = await api.other("no-rating", url);
          const { status, checks } = await away.call("get_readiness");
          assert.equal(status, "not_ready");
          assert.ok(
            checks.some(
              (each: { status: string; message: string }) => each.status === "fail" && each.message,
            ),
          );
          const args = [of("CreateMachineIdentityChallengeRequest", { identity_ref: machine.did })];
          await away.refused("PEAQOS_IDENTITY_UNAVAILABLE", "create_machine_identity_challenge", args);
        },
      },
      {
        name: "no key, another key: AUTH_REQUIRED, AUTH_INVALID",
        async run() {
          await (await api.other("no-key", side.url, null)).refused("AUTH_REQUIRED", "list_machines");
          await (await api.other("wrong-key", side.url, "peaqos_wrong")).refused(
            "AUTH_INVALID",
            "list_policies",
          );
        },
      },
      {
        name: "create_machine_identity_challenge: who may sign; asked again, the same challenge",
        async run() {
          const first = await challenge(machine.did);
          assert.ok(first.controller_addresses.includes(machine.address));
          assert.equal(first.verification_method, "eip191");
          assert.equal(first.identity_ref, machine.did);
          assert.deepEqual(await challenge(machine.did), first);
        },
      },
      {
        name: "a DID nobody registered: MACHINE_NOT_ACTIVATED; a text that is none: VALIDATION_ERROR",
        async run() {
          const ask = (identity_ref: string) => [
            of("CreateMachineIdentityChallengeRequest", { identity_ref }),
          ];
          const method = "create_machine_identity_challenge";
          await api.refused("MACHINE_NOT_ACTIVATED", method, ask(`did:peaq:0x${"12".repeat(20)}`));
          await api.refused("VALIDATION_ERROR", method, ask("did:web:example.com"));
          await api.invalid("identity_ref", method, ask(" "));
        },
      },
      {
        name: "create_machine without, with a wrong and with an old proof",
        async run() {
          await api.refused("MACHINE_IDENTITY_PROOF_REQUIRED", "create_machine", create(machine, null));
          const wrong = await proof(machine, side.machine("a-solar-roof"));
          const error = await api.refused(
            "MACHINE_IDENTITY_PROOF_INVALID",
            "create_machine",
            create(machine, wrong),
          );
          assert.equal(error.details.reason, "wrong_signer");
          const later = await api.other("later", await side.replica({}, 600_000));
          const old = await proof(machine);
          await later.refused("MACHINE_IDENTITY_PROOF_EXPIRED", "create_machine", create(machine, old));
        },
      },
      {
        name: "create_machine with the DID's own signature: a draft with its proof; blank names stay at the client",
        async run() {
          const fields = {
            capabilities: ["ocpp", "ac-22kw"],
            labels: { site: "north", rackNo: "7" },
            skill_keys: ["reference-rates"],
          };
          const args = create(machine, await proof(machine), fields);
          const { item } = await api.call("create_machine", args);
          made.machineId = item.id;
          assert.equal(item.status, "draft");
          assert.equal(item.display_name, machine.name);
          assert.deepEqual(item.capabilities, fields.capabilities);
          assert.deepEqual(item.skill_keys, fields.skill_keys);
          assert.deepEqual(item.labels, { site: "north", rack_no: "7" });
          assert.equal(item.identity_proof.signer_address, machine.address);
          assert.equal(item.identity_proof.resolution_source, "peaqos-mcr");
          await api.invalid("display_name", "create_machine", create({ ...machine, name: " " }, null));
        },
      },
      {
        name: "the same identity again: MACHINE_IDENTITY_EXISTS names the machine",
        async run() {
          const error = await api.refused(
            "MACHINE_IDENTITY_EXISTS",
            "create_machine",
            create(machine, of("MachineIdentityProofInput", { challenge_id: "mich_0", signature: "0x" })),
          );
          assert.equal(error.details.machine_id, made.machineId);
        },
      },
      {
        name: "a draft can do nothing yet: MACHINE_NOT_ACTIVE",
        async run() {
          const args = [made.machineId, of("EnrollMachineAgentRequest", { label: "too early" })];
          await api.refused("MACHINE_NOT_ACTIVE", "enroll_machine_agent", args);
        },
      },
      {
        name: "update_machine: active, and every field it can change",
        async run() {
          const change = (fields: object) => [made.machineId, of("UpdateMachineRequest", { ...fields })];
          const active = await api.call("update_machine", change({ status: "active" }));
          assert.equal(active.item.status, "active");
          assert.equal(api.exchanges()[0]?.status, 200);
          const fields = {
            display_name: "truck charger",
            owner_id: "op_2",
            machine_type: "fast-charger",
            runtime_profile: "edge",
            capabilities: ["ocpp"],
            labels: { site: "south" },
          };
          const { item } = await api.call("update_machine", change(fields));
          for (const [name, value] of Object.entries(fields)) assert.deepEqual(item[name], value, name);
          assert.equal(item.status, "active");
          const same = await api.call("update_machine", change({}));
          assert.deepEqual(same.item, item);
        },
      },
      {
        name: "update_machine: MACHINE_IDENTITY_IMMUTABLE, a status that does not exist, an unknown machine",
        async run() {
          const other = of("UpdateMachineRequest", { identity_ref: side.machine("a-solar-roof").did });
          await api.refused("MACHINE_IDENTITY_IMMUTABLE", "update_machine", [made.machineId, other]);
          const odd = of("UpdateMachineRequest", { status: "sleeping" });
          await api.refused("VALIDATION_ERROR", "update_machine", [made.machineId, odd]);
          const active = of("UpdateMachineRequest", { status: "active" });
          await api.refused("NOT_FOUND", "update_machine", ["mach_000000000000", active]);
        },
      },
      {
        name: "a machine without a bond: MACHINE_NOT_ACTIVATED when it is to become active",
        async run() {
          const pump = side.machine("unbonded-old-pump");
          const id = await onboard(pump);
          const active = of("UpdateMachineRequest", { status: "active" });
          const error = await api.refused("MACHINE_NOT_ACTIVATED", "update_machine", [id, active]);
          assert.equal(error.details.reason, "unbonded");
        },
      },
      {
        name: "get_machine; blank id at the client, unknown id NOT_FOUND",
        async run() {
          const { item } = await api.call("get_machine", [made.machineId]);
          assert.equal(item.id, made.machineId);
          await api.invalid("machine_id", "get_machine", [" "]);
          await api.refused("NOT_FOUND", "get_machine", ["mach_000000000000"]);
        },
      },
      {
        name: "an id with / and ? in it",
        upstream: "0.3.0 puts ids into the path as they are: the request is one for another path",
        async run() {
          await api.refused("NOT_FOUND", "get_machine", ["a/b?c"]);
        },
      },
      {
        name: "list_machines, page by page, and list_machines_all: the same machines in the same order",
        async run() {
          const archived = await onboard(side.machine("a-solar-roof"));
          const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
          const paged: string[] = [];
          for (let cursor: string | null = null, pages = 0; ; pages++) {
            const page = await api.call("list_machines", [], { limit: 1, cursor });
            assert.ok(page.items.length <= 1 && pages < 20);
            paged.push(...ids(page.items));
            cursor = page.next_cursor;
            if (cursor === null) break;
            assert.match(cursor, /^[A-Za-z0-9][\w-]*$/);
          }
          const all = await api.call("list_machines_all", [], { limit: 2 });
          assert.deepEqual(ids(all), paged);
          assert.ok(api.exchanges().length > 1);
          assert.equal(new Set(paged).size, paged.length);
          assert.ok(paged.includes(made.machineId!) && paged.includes(archived));
          assert.deepEqual(ids((await api.function("list_machines", [], { limit: 500 })).items), paged);
          await api.refused("VALIDATION_ERROR", "list_machines", [], { cursor: "no cursor" });
          await api.invalid("limit", "list_machines", [], { limit: 501 });
          await api.invalid("limit", "list_machines", [], { limit: 0 });

          assert.equal(await api.call("archive_machine", [archived]), null);
          assert.equal(api.exchanges()[0]?.status, 204);
          assert.equal((await api.call("get_machine", [archived])).item.status, "archived");
        },
      },
      {
        name: "archive_machine: an unknown one is NOT_FOUND",
        async run() {
          await api.refused("NOT_FOUND", "archive_machine", ["mach_000000000000"]);
          await api.invalid("machine_id", "archive_machine", [""]);
        },
      },
      {
        name: "list_audit_events by machine and by kind; a limit above 500 stays at the client",
        async run() {
          const { items } = await api.call("list_audit_events", [], { machine_id: made.machineId, limit: 5 });
          assert.ok(items.length > 0 && items.length <= 5);
          for (const { actor, resource_type } of items) {
            assert.equal(typeof actor, "string");
            assert.equal(resource_type, "machine");
          }
          const named = { resource_type: "machine", machine_id: made.machineId };
          assert.ok((await api.call("list_audit_events", [], named)).items.length >= items.length);
          await api.invalid("limit", "list_audit_events", [], { limit: 1000 });
          const wrong = await api.other("audit-no-key", side.url, null);
          await wrong.refused("AUTH_REQUIRED", "list_audit_events");
        },
      },
    ];
  },
});
