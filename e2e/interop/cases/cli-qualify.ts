import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Case, Group } from "../case.ts";
import { exits, figure } from "../expect.ts";
import { type CliMade, cli } from "./cli.ts";

export const cliQualify = (made: CliMade): Group => ({
  title: "CLI 0.0.4: qualify, show",
  cases: (context): Case[] => {
    const { stack } = context;
    const { wallet, peaqos } = cli(context);
    const did = () => `did:peaq:${made.self?.address}`;
    const event = (...args: string[]) =>
      peaqos(made.self!, [
        "qualify",
        "event",
        "--machine-id",
        String(made.machineId),
        "--ts",
        String(stack.now() - 60),
        ...args,
      ]);
    return [
      {
        name: "qualify event: activity",
        async run() {
          const { stdout } = exits(await event("--type", "activity", "--value", "7400"), 0);
          assert.match(stdout, /Event submitted\./);
          assert.equal(figure(stdout, "Type"), "activity");
          assert.equal(figure(stdout, "Trust"), "self-reported");
        },
      },
      {
        name: "qualify event: revenue with currency and a time in ISO 8601",
        async run() {
          const ts = new Date((stack.now() - 90) * 1000).toISOString().slice(0, 19);
          const args = ["qualify", "event", "--machine-id", String(made.machineId), "--ts", `${ts}Z`];
          const ended = await peaqos(made.self!, [
            ...args,
            "--type",
            "revenue",
            "--value",
            "123",
            "--currency",
            "HKD",
          ]);
          assert.equal(figure(exits(ended, 0).stdout, "Value"), "123");
        },
      },
      {
        name: "qualify event: raw data and metadata from files",
        async run() {
          const { dir } = made.self!;
          writeFileSync(join(dir, "raw.json"), '{"session":4711}');
          writeFileSync(join(dir, "meta.json"), '{"kwh":7.4}');
          const files = ["--raw-data", join(dir, "raw.json"), "--metadata", join(dir, "meta.json")];
          const { stdout } = exits(await event("--type", "activity", "--value", "0", ...files), 0);
          assert.match(figure(stdout, "Data Hash"), /^0x(?!0{64})[0-9a-f]{64}$/);
        },
      },
      {
        name: "qualify event: trust onchain needs a source transaction (exit 1) and takes one (exit 0)",
        async run() {
          const args = ["--type", "revenue", "--value", "500", "--trust", "onchain"];
          exits(await event(...args), 1);
          const { stdout } = exits(
            await event(...args, "--source-chain", "base", "--source-tx", "ab".repeat(32)),
            0,
          );
          assert.equal(figure(stdout, "Trust"), "on-chain-verifiable");
        },
      },
      {
        name: "qualify event for somebody else's machine: exit 2",
        async run() {
          const who = await wallet();
          const args = [
            "qualify",
            "event",
            "--machine-id",
            String(made.machineId),
            "--type",
            "activity",
            "--value",
            "0",
          ];
          const { stderr } = exits(await peaqos(who, [...args, "--ts", String(stack.now() - 60)]), 2);
          assert.match(stderr, /Error:/);
        },
      },
      {
        name: "qualify mcr: rating and counts as text",
        async run() {
          await stack.settled();
          const { stdout } = exits(await peaqos(made.self!, ["qualify", "mcr", did()]), 0);
          assert.equal(figure(stdout, "Rating"), "Provisioned");
          assert.equal(figure(stdout, "Bond Status"), "bonded");
          assert.equal(figure(stdout, "Total"), "4");
        },
      },
      {
        name: "qualify mcr --json: the fourteen keys",
        async run() {
          const { stdout } = exits(await peaqos(made.self!, ["qualify", "mcr", did(), "--json"]), 0);
          const answer = JSON.parse(stdout);
          assert.equal(Object.keys(answer).length, 14);
          assert.equal(answer.machine_id, made.machineId);
          assert.equal(answer.event_count, 4);
        },
      },
      {
        name: "show machine, and with --json",
        async run() {
          const { stdout } = exits(await peaqos(made.self!, ["show", "machine", did()]), 0);
          assert.equal(figure(stdout, "Operator"), "self-managed");
          assert.equal(figure(stdout, "data_visibility"), "public");
          const json = JSON.parse(
            exits(await peaqos(made.self!, ["show", "machine", did(), "--json"]), 0).stdout,
          );
          assert.equal(json.peaqos.machine_id, made.machineId);
          assert.equal(json.schema_version, "1.0");
        },
      },
      {
        name: "show operator machines of the devnet's operator, and with --json",
        async run() {
          const operator = `did:peaq:${stack.operator}`;
          const args = ["show", "operator", "machines", operator];
          const { stdout } = exits(await peaqos(made.self!, args), 0);
          const count = Number(figure(stdout, "Machines"));
          const json = JSON.parse(exits(await peaqos(made.self!, [...args, "--json"]), 0).stdout);
          assert.equal(json.machines.length, count);
          assert.equal(json.pagination.total, count);
        },
      },
      {
        name: "qualify mcr and show machine of a stranger: exit 2; of something that is no DID: exit 1",
        async run() {
          const stranger = `did:peaq:0x${"0".repeat(38)}ff`;
          exits(await peaqos(made.self!, ["qualify", "mcr", stranger]), 2);
          exits(await peaqos(made.self!, ["show", "machine", stranger]), 2);
          exits(await peaqos(made.self!, ["qualify", "mcr", "machine 7"]), 1);
        },
      },
    ];
  },
});
