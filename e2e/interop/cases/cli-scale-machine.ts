import assert from "node:assert/strict";
import { privateKeyToAccount } from "viem/accounts";
import type { Case, Group } from "../case.ts";
import { exits, figure } from "../expect.ts";
import { type ScaleMade, scale } from "./scale.ts";

export const cliScaleMachine = (made: ScaleMade): Group => ({
  title: "CLI 0.0.4: scale machine, scale agent",
  cases: (context): Case[] => {
    const side = context.stack.market;
    const cli = scale(context, made);
    const machine = side.machine("bbb-car-wash");
    const second = side.machine("bb-vending-machine");
    const onboard = ({ did, name }: typeof machine, ...more: string[]) => [
      ...["machine", "onboard", "--identity-ref", did, "--display-name", name, "--owner-id", "op_cli"],
      ...["--machine-type", "kiosk", "--runtime-profile", "linux", ...more],
    ];
    const pair = (agentAddress: string, ...more: string[]) => [
      ...["agent", "pair", "--machine-id", made.machineId!, "--agent-address", agentAddress],
      ...["--agent-provider", "claude", "--agent-role", "buyer", ...more],
    ];
    const challenge = async (path: string, body: object) =>
      (await side.call("POST", path, { body })).body.item;

    return [
      {
        name: "machine onboard with the machine's key file, --json: challenge, create, activate",
        async run() {
          await cli.start();
          const more = [
            "--capabilities",
            "wash,dry",
            "--labels",
            "site=north",
            "--skill-keys",
            "site-geocoding",
          ];
          const args = onboard(machine, "--identity-key-file", cli.keyFile(machine), "--json", ...more);
          const shown = JSON.parse(exits(await cli.run(args), 0).stdout);
          made.machineId = shown.id;
          assert.deepEqual(
            [shown.status, shown.display_name, shown.capabilities],
            ["active", machine.name, ["wash", "dry"]],
          );
          assert.deepEqual([shown.labels, shown.skill_keys], [{ site: "north" }, ["site-geocoding"]]);
          assert.equal(shown.identity_proof.signer_address, machine.address);
        },
      },
      {
        name: "machine onboard with a signature made beforehand, --skip-activate: the pending challenge is given again",
        async run() {
          const { message } = await challenge("/machine-identity/challenges", { identityRef: second.did });
          const signature = await privateKeyToAccount(second.private_key).signMessage({ message });
          const args = [
            "--identity-signature-file",
            cli.file("second.sig", `${signature}\n`),
            "--yes",
            "--skip-activate",
          ];
          const { stdout } = exits(await cli.run(onboard(second, ...args)), 0);
          assert.match(stdout, /Machine onboarded successfully \(draft\)\./);
          const id = figure(stdout, "Machine ID");
          assert.equal((await side.call("GET", `/machines/${id}`)).body.item.status, "draft");
        },
      },
      {
        name: "machine onboard refused: the identity is taken (MACHINE_IDENTITY_EXISTS), the signer is no controller",
        async run() {
          const again = await cli.run(onboard(machine, "--identity-key-file", cli.keyFile(machine), "--yes"));
          assert.match(exits(again, 2).stderr, new RegExp(`is machine ${made.machineId}`));
          const stranger = await cli.run(
            onboard(machine, "--identity-key-file", cli.keyFile(second), "--yes"),
          );
          assert.match(exits(stranger, 2).stderr, new RegExp(machine.address, "i"));
        },
      },
      {
        name: "machine status, human and --json; an unknown machine is exit 2",
        async run() {
          const { stdout } = exits(await cli.run(["machine", "status", made.machineId!]), 0);
          assert.equal(figure(stdout, "Status"), "active");
          assert.equal(figure(stdout, "Display name"), machine.name);
          const unknown = await cli.run(["machine", "status", "mach_000000000000", "--json"]);
          assert.match(exits(unknown, 2).stderr, /mach_000000000000/);
        },
      },
      {
        name: "machine list --json holds every machine of ours, as the table does",
        async run() {
          const { items } = JSON.parse(exits(await cli.run(["machine", "list", "--json"]), 0).stdout);
          assert.ok(items.some(({ id }: { id: string }) => id === made.machineId));
          const table = exits(await cli.run(["machine", "list"]), 0).stdout;
          assert.match(table, /\d+ machines found\./);
          assert.ok(table.includes(made.machineId!));
        },
      },
      {
        name: "a wrong platform key: the sentence for AUTH_INVALID, exit 2",
        async run() {
          const ended = await cli.peaqos(made.user!, [
            "--orch-api-key",
            "peaqos_wrong",
            "scale",
            "machine",
            "list",
          ]);
          assert.match(exits(ended, 2).stderr, /key/i);
        },
      },
      {
        name: "machine list without PEAQOS_ORCHESTRATION_URL",
        upstream: "0.0.4 reads the namespace outside its error handler: a traceback and exit 1 instead of 3",
        async run() {
          const ended = await cli.run(["machine", "list"], { PEAQOS_ORCHESTRATION_URL: "" });
          assert.match(exits(ended, 1).stderr, /Traceback[\s\S]*OrchestrationConfigError/);
        },
      },
      {
        name: "agent pair --json with a signature made beforehand: the token and the limits",
        async run() {
          made.agent = await side.person();
          const { address } = made.agent;
          const body = { agentAddress: address, agentProvider: "claude", agentRole: "buyer" };
          const { message } = await challenge(`/machines/${made.machineId}/agent-pairings/challenges`, body);
          const signature = await made.agent.account.signMessage({ message });
          const limits = ["--per-tx-limit", "1.5", "--daily-limit", "4", "--currency", "USD"];
          const args = pair(
            address,
            "--agent-signature-file",
            cli.file("agent.sig", signature),
            ...limits,
            "--json",
          );
          const pairing = JSON.parse(exits(await cli.run(args), 0).stdout);
          assert.deepEqual([pairing.status, pairing.agent_address], ["active", address]);
          assert.deepEqual(
            [pairing.delegation_policy.per_transaction_limit, pairing.delegation_policy.daily_spend_limit],
            [1.5, 4],
          );
          made.pairingId = pairing.id;
          made.token = pairing.pairing_token;
          assert.ok(made.token!.endsWith(pairing.token_last_four));
        },
      },
      {
        name: "agent pair by hand: the challenge on the screen is what is signed and pasted",
        async run() {
          const agent = await side.person();
          const body = { agentAddress: agent.address, agentProvider: "claude", agentRole: "buyer" };
          const { message } = await challenge(`/machines/${made.machineId}/agent-pairings/challenges`, body);
          let answered = 0;
          const person = async ({ stdout, stderr }: { stdout: string; stderr: string }) => {
            if (answered === 0 && message.split("\n").every((line: string) => stderr.includes(line))) {
              answered = 1;
              return `${await agent.account.signMessage({ message })}\n`;
            }
            if (answered === 1 && /Confirm pairing\?/.test(stdout)) {
              answered = 2;
              return "y\n";
            }
            return undefined;
          };
          const { stdout } = exits(await cli.run(pair(agent.address), {}, person), 0);
          assert.match(figure(stdout, "Pairing ID"), /^pair_[0-9a-f]{12}$/);
          assert.equal(answered, 2);
        },
      },
      {
        name: "agent pair with somebody else's signature: AGENT_PAIRING_PROOF_INVALID, exit 2",
        async run() {
          const agent = await side.person();
          const signature = await made.agent!.account.signMessage({ message: "something else" });
          const ended = await cli.run(
            pair(agent.address, "--agent-signature-file", cli.file("wrong.sig", signature), "--json"),
          );
          assert.match(exits(ended, 2).stderr, /signed by|proof|signature/i);
          assert.equal(ended.stdout, "");
        },
      },
    ];
  },
});
