import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import type { Case, Context, Group } from "../case.ts";
import { exits, figure } from "../expect.ts";
import { type Ended, runProgram } from "../programs.ts";
import { quietEnv } from "../venv.ts";

type Wallet = { address: string; privateKey: string; dir: string };

const URLS = ["--doc-url", "https://docs.example/m", "--data-api", "https://data.example/m"];

/** The published CLI 0.0.4, each command in a process of its own. */
export const cli = (context: Context) => {
  const { stack, clients } = context;
  const wallet = async (fund = true): Promise<Wallet> => {
    const privateKey = generatePrivateKey();
    const { address } = privateKeyToAccount(privateKey);
    if (fund) await stack.fund(address);
    return { address, privateKey, dir: context.workDir() };
  };
  const peaqos = (who: Wallet, args: string[], env: Record<string, string> = {}): Promise<Ended> =>
    runProgram(clients.cli, args, {
      cwd: who.dir,
      env: { ...stack.env, PEAQOS_PRIVATE_KEY: who.privateKey, HOME: who.dir, ...env, ...quietEnv },
    });
  const keyFile = (who: Wallet, machine: Wallet): string => {
    const path = join(who.dir, `${machine.address}.key`);
    writeFileSync(path, `${machine.privateKey}\n`, { mode: 0o600 });
    return path;
  };
  const log = (who: Wallet): Record<string, unknown>[] =>
    readFileSync(join(who.dir, "peaqos.log"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  return { wallet, peaqos, keyFile, log };
};

/** What the CLI groups leave behind for the groups after them. */
export type CliMade = { self?: Wallet; machineId?: number };

export const cliActivate = (made: CliMade): Group => ({
  title: "CLI 0.0.4: init, whoami, activate",
  cases: (context): Case[] => {
    const { stack } = context;
    const { wallet, peaqos, keyFile, log } = cli(context);
    return [
      {
        name: "whoami shows our chain and our contracts",
        async run() {
          const who = await wallet();
          const { stdout } = exits(await peaqos(who, ["whoami"]), 0);
          assert.equal(figure(stdout, "Address"), who.address);
          assert.equal(figure(stdout, "Chain ID"), String(stack.chainId));
          const registry = stack.env.IDENTITY_REGISTRY_ADDRESS!;
          assert.equal(figure(stdout, "IdentityRegistry"), `${registry.slice(0, 6)}...${registry.slice(-4)}`);
        },
      },
      {
        name: "init --non-interactive writes a .env of mode 0600 and verifies it by whoami",
        async run() {
          const who = await wallet();
          // On a network with presets the CLI fetches addresses from the internet; "devnet" has none, so it does not.
          const { stdout } = exits(
            await peaqos(who, ["init", "--non-interactive", "--force"], { PEAQOS_NETWORK: "devnet" }),
            0,
          );
          assert.match(stdout, /Config: \.env written to/);
          const file = join(who.dir, ".env");
          assert.equal(statSync(file).mode & 0o777, 0o600);
          const text = readFileSync(file, "utf8");
          assert.match(text, new RegExp(`^PEAQOS_RPC_URL=["']?${stack.env.PEAQOS_RPC_URL}["']?$`, "m"));
          assert.match(text, /^PEAQOS_PRIVATE_KEY=/m);
        },
      },
      {
        name: "activate (self) with a funded wallet, from nothing to DID attributes",
        async run() {
          const who = await wallet();
          const { stdout, stderr } = exits(
            await peaqos(who, ["activate", ...URLS, "--visibility", "public"]),
            0,
          );
          assert.match(stdout, /Machine activated successfully\./);
          made.self = who;
          made.machineId = Number(figure(stdout, "Machine ID"));
          assert.ok(made.machineId > 0);
          assert.ok(Number(figure(stdout, "Token ID")) > 0);
          assert.equal(figure(stdout, "Machine DID").toLowerCase(), `did:peaq:${who.address}`.toLowerCase());
          assert.match(stderr, /\[2\/6\].*\n?.*skipped/);
          const steps = log(who).map(({ step, status }) => `${step} ${status}`);
          assert.deepEqual(steps, ["register confirmed", "mint_nft confirmed", "machine_did confirmed"]);
        },
      },
      {
        name: "activate again: nothing is sent, everything is skipped",
        async run() {
          const who = made.self!;
          const nonce = await stack.nonce(who.address);
          const { stdout } = exits(await peaqos(who, ["activate", ...URLS]), 0);
          assert.equal(Number(figure(stdout, "Machine ID")), made.machineId);
          assert.equal(await stack.nonce(who.address), nonce);
          const steps = log(who)
            .slice(-3)
            .map(({ status }) => status);
          assert.deepEqual(steps, ["skipped", "skipped", "skipped"]);
        },
      },
      {
        name: "activate --for by an operator that is no machine: exit 2 before anything is sent",
        async run() {
          const [operator, machine] = [await wallet(), await wallet()];
          const args = [
            "activate",
            "--for",
            machine.address,
            "--machine-key",
            keyFile(operator, machine),
            ...URLS,
          ];
          exits(await peaqos(operator, args), 2);
          assert.equal(await stack.nonce(operator.address), 0);
        },
      },
      {
        name: "activate --for with a key of another machine: exit 1, the key is not shown",
        async run() {
          const [operator, machine, other] = [await wallet(), await wallet(), await wallet(false)];
          const args = [
            "activate",
            "--for",
            machine.address,
            "--machine-key",
            keyFile(operator, other),
            ...URLS,
          ];
          const { stdout, stderr } = exits(await peaqos(operator, args), 1);
          assert.doesNotMatch(stdout + stderr, new RegExp(other.privateKey.slice(2)));
        },
      },
      {
        name: "activate --for by an operator activated in self mode",
        upstream:
          "0.0.4 adds machineId to the operator's DID a second time; a DID that refuses a second add refuses the batch (exit 2)",
        async run() {
          const [operator, machine] = [await wallet(), await wallet()];
          exits(await peaqos(operator, ["activate", ...URLS]), 0);
          const args = [
            "activate",
            "--for",
            machine.address,
            "--machine-key",
            keyFile(operator, machine),
            ...URLS,
          ];
          exits(await peaqos(operator, args), 2);
          const steps = log(operator)
            .slice(-4)
            .map(({ step, status }) => `${step} ${status}`);
          assert.deepEqual(steps, [
            "register confirmed",
            "mint_nft confirmed",
            "machine_did confirmed",
            "proxy_did failed",
          ]);
        },
      },
      {
        name: "activate --for by an operator that only registered: the order that passes",
        async run() {
          const [operator, machine] = [await wallet(), await wallet()];
          await context.sdk.call("connect", {
            name: "fleet",
            config: stack.clientConfig(operator.privateKey),
          });
          await context.sdk.call("register_machine", { client: "fleet" });
          const args = [
            "activate",
            "--for",
            machine.address,
            "--machine-key",
            keyFile(operator, machine),
            ...URLS,
          ];
          const { stdout } = exits(await peaqos(operator, args), 0);
          assert.match(stdout, /Machine activated successfully/);
          assert.equal(figure(stdout, "Machine Address"), machine.address);
          assert.equal(
            figure(stdout, "Operator DID").toLowerCase(),
            `did:peaq:${operator.address}`.toLowerCase(),
          );
          await stack.settled();
          const shown = exits(
            await peaqos(operator, ["show", "operator", "machines", `did:peaq:${operator.address}`]),
            0,
          );
          assert.match(shown.stdout, /Machines: +1/);
          const again = exits(await peaqos(operator, args), 0);
          assert.equal(figure(again.stdout, "Machine ID"), figure(stdout, "Machine ID"));
        },
      },
    ];
  },
});

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
