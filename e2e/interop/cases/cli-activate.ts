import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Case, Group } from "../case.ts";
import { exits, figure } from "../expect.ts";
import { type CliMade, cli } from "./cli.ts";

const URLS = ["--doc-url", "https://docs.example/m", "--data-api", "https://data.example/m"];

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
