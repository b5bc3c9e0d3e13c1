import assert from "node:assert/strict";
import { generateKeypair, type PeaqosClient, toSnakeCase } from "@peaqos/peaq-os-sdk";
import { readAttribute } from "@peaqos/peaq-os-sdk/did";
import { toHex } from "viem";
import type { Case, Group } from "../case.ts";
import { exits, figure } from "../expect.ts";
import { ourCli, ourSdk } from "../ours.ts";
import { type CliMade, cli } from "./cli.ts";
import type { Made } from "./sdk-identity.ts";

const URLS = ["--doc-url", "https://docs.example/m", "--data-api", "https://data.example/m"];

/** Answers as plain JSON, so that number and bigint of one value compare equal. */
const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, each) => (typeof each === "bigint" ? Number(each) : each)));

export const cross = (made: Made, cliMade: CliMade): Group => ({
  title: "Ours and theirs on the same machines",
  cases: (context): Case[] => {
    const { stack, sdk } = context;
    const { wallet, peaqos, keyFile } = cli(context);
    let ours: { client: PeaqosClient; key: string; did: string; machineId: number } | undefined;
    const both = async (did: string, command: string[], who = cliMade.self!) => {
      const theirs = exits(await peaqos(who, [...command, did, "--json"]), 0);
      const own = exits(await ourCli(stack, who.privateKey, who.dir, [...command, did, "--json"]), 0);
      return [JSON.parse(own.stdout), JSON.parse(theirs.stdout)];
    };
    return [
      {
        name: "our SDK reads the identity, the NFT and the DID attributes that theirs wrote",
        async run() {
          const client = ourSdk(stack, made.self!.privateKey);
          const machine = await client.getMachine(made.self!.machineId);
          assert.equal(machine.owner, made.self?.address);
          assert.equal(machine.operator, null);
          assert.ok(machine.nft !== null && machine.nft.owner === made.self?.address);
          for (const name of [
            "machineId",
            "nftTokenId",
            "operator",
            "documentation_url",
            "data_visibility",
          ]) {
            const own = await readAttribute(client, machine.owner, name);
            const theirs = await sdk.call("read_attribute", {
              client: "self",
              did_address: machine.owner,
              name,
            });
            assert.equal(own.value, theirs.value);
            assert.equal(Number(own.created), theirs.created);
          }
        },
      },
      {
        name: "our SDK reads the events that theirs submitted, byte for byte",
        async run() {
          const client = ourSdk(stack, made.self!.privateKey);
          const { machineId } = made.self!;
          const events = [];
          for await (const event of await Promise.resolve(client.getEvents(machineId))) events.push(event);
          const args = [machineId, 0, 100];
          const rows = await sdk.call("view", {
            client: "self",
            contract: "event_registry",
            function: "getEvents",
            args,
          });
          assert.equal(events.length, rows.length);
          events.forEach((event, index) => {
            const [, type, value, timestamp, dataHash, trust, chain, source, metadata, currency] =
              rows[index];
            assert.deepEqual(
              [
                event.eventType,
                Number(event.value),
                Number(event.timestamp),
                event.currency,
                event.trustLevel,
              ],
              [type, value, timestamp, currency, trust],
            );
            assert.deepEqual(
              [event.dataHash, Number(event.sourceChainId), event.sourceTxHash],
              [`0x${dataHash.$hex}`, chain, `0x${source.$hex}`],
            );
            assert.equal(
              typeof event.metadata === "string" ? event.metadata : toHex(event.metadata),
              `0x${metadata.$hex}`,
            );
          });
        },
      },
      {
        name: "both SDKs get the same rating, profile and fleet",
        async run() {
          const client = ourSdk(stack, made.self!.privateKey);
          const { did } = made.self!;
          const mcr = toSnakeCase(plain(await client.queryMcr(did)) as Record<string, unknown>);
          assert.deepEqual(mcr, await sdk.call("query_mcr", { client: "self", did }));
          const profile = plain(await client.queryMachine(did)) as Record<string, unknown>;
          assert.deepEqual(
            toSnakeCase(profile, { opaque: ["metadata", "partnerData"] }),
            await sdk.call("query_machine", { client: "self", did }),
          );
          const operator = `did:peaq:${stack.operator}`;
          const fleet = toSnakeCase(
            plain(await client.queryOperatorMachines(operator)) as Record<string, unknown>,
          );
          assert.deepEqual(
            fleet,
            await sdk.call("query_operator_machines", { client: "self", did: operator }),
          );
        },
      },
      {
        name: "their SDK reads every seeded machine's rating, and it is the one its name says",
        async run() {
          const letters: Record<string, string> = {
            unbonded: "nr",
            flagged: "bbb",
            override: "bbb",
            disbelieved: "b",
          };
          for (const { name, did } of stack.file.machines) {
            const { mcr } = await sdk.call("query_mcr", { client: "self", did });
            const word = name.split("-")[0]!;
            assert.equal(mcr.toLowerCase(), letters[word] ?? word, name);
          }
        },
      },
      {
        name: "their SDK reads the identity, NFT, attributes and events that ours wrote",
        async run() {
          const { address, privateKey } = generateKeypair();
          await stack.fund(address);
          const client = ourSdk(stack, privateKey);
          const machineId = await client.registerMachine();
          await client.mintNft(machineId, address);
          await client.writeMachineDIDAttributes({
            machineId,
            nftTokenId: await client.tokenIdOf(machineId),
            operatorDid: "",
            documentationUrl: "https://docs.example/ours",
            dataApi: "https://data.example/ours",
            dataVisibility: "onchain",
          });
          const timestamp = stack.now() - 60;
          await client.submitEvent({ machineId, eventType: 0, value: 4_200, timestamp, currency: "EUR" });
          const many = Array.from({ length: 120 }, (_, index) => ({
            machineId,
            eventType: 1 as const,
            value: index,
            timestamp,
            currency: "",
          }));
          for await (const result of client.submitEvents(many)) assert.equal(result.status, "settled");
          ours = { client, key: privateKey, did: `did:peaq:${address}`, machineId: Number(machineId) };
          await stack.settled();

          assert.equal(
            await sdk.call("token_id_of", { client: "self", machine_id: ours.machineId }),
            Number(await client.tokenIdOf(machineId)),
          );
          const url = await sdk.call("read_attribute", {
            client: "self",
            did_address: address,
            name: "documentation_url",
          });
          assert.equal(url.value, "https://docs.example/ours");
          const rating = await sdk.call("query_mcr", { client: "self", did: ours.did });
          assert.equal(rating.event_count, 121);
          assert.equal(rating.revenue_event_count, 1);
          const { peaqos: profile } = await sdk.call("query_machine", { client: "self", did: ours.did });
          assert.equal(profile.event_data[0].origin_currency, "EUR");
          assert.equal(profile.event_data.length, 100);
        },
      },
      {
        name: "their SDK is told apart events of ours it may not add to: NotAuthorizedSubmitter",
        async run() {
          const event = {
            client: "self",
            machine_id: ours?.machineId,
            event_type: 1,
            value: 0,
            timestamp: stack.now() - 60,
            raw_data: null,
            trust_level: 0,
            source_chain_id: 0,
            source_tx_hash: null,
            metadata: { $hex: "" },
          };
          await assert.rejects(sdk.call("submit_event", event), /NotAuthorizedSubmitter/);
        },
      },
      {
        name: "qualify mcr --json: both programs print the same fourteen keys and values",
        async run() {
          const [own, theirs] = await both(`did:peaq:${cliMade.self?.address}`, ["qualify", "mcr"]);
          for (const [key, value] of Object.entries(theirs)) assert.deepEqual(own[key], value, key);
        },
      },
      {
        name: "show machine --json and show operator machines --json: the same too",
        async run() {
          const [machine, theirMachine] = await both(made.self!.did, ["show", "machine"]);
          assert.deepEqual(machine.peaqos, theirMachine.peaqos);
          const [fleet, theirFleet] = await both(`did:peaq:${stack.operator}`, [
            "show",
            "operator",
            "machines",
          ]);
          assert.deepEqual(fleet.machines, theirFleet.machines);
        },
      },
      {
        name: "qualify event: both programs print the same figures",
        async run() {
          const who = cliMade.self!;
          const args = ["qualify", "event", "--machine-id", String(cliMade.machineId), "--type", "revenue"];
          const more = [
            "--value",
            "123",
            "--ts",
            String(stack.now() - 60),
            "--trust",
            "self",
            "--source-chain",
            "peaq",
          ];
          const theirs = exits(await peaqos(who, [...args, ...more]), 0).stdout;
          const own = exits(await ourCli(stack, who.privateKey, who.dir, [...args, ...more]), 0).stdout;
          for (const label of ["Machine ID", "Type", "Value", "Trust", "Data Hash"])
            assert.equal(figure(own, label), figure(theirs, label), label);
        },
      },
      {
        name: "our activate finds nothing to do where theirs was, and theirs where ours was",
        async run() {
          const theirsFirst = cliMade.self!;
          let nonce = await stack.nonce(theirsFirst.address);
          const args = ["activate", ...URLS];
          exits(await ourCli(stack, theirsFirst.privateKey, theirsFirst.dir, [...args, "--yes"]), 0);
          assert.equal(await stack.nonce(theirsFirst.address), nonce);

          const oursFirst = await wallet();
          exits(await ourCli(stack, oursFirst.privateKey, oursFirst.dir, [...args, "--yes"]), 0);
          nonce = await stack.nonce(oursFirst.address);
          const { stdout } = exits(await peaqos(oursFirst, args), 0);
          assert.match(stdout, /Machine activated successfully\./);
          assert.equal(await stack.nonce(oursFirst.address), nonce);
        },
      },
      {
        name: "our activate --for by an operator that theirs activated in self mode: what fails upstream passes",
        async run() {
          const [operator, machine, second] = [await wallet(), await wallet(), await wallet()];
          exits(await peaqos(operator, ["activate", ...URLS]), 0);
          for (const each of [machine, second]) {
            const args = [
              "activate",
              "--for",
              each.address,
              "--machine-key",
              keyFile(operator, each),
              ...URLS,
              "--yes",
            ];
            const { stdout } = exits(await ourCli(stack, operator.privateKey, operator.dir, args), 0);
            assert.equal(figure(stdout, "Machine Address"), each.address);
          }
          await stack.settled();
          const shown = await peaqos(operator, [
            "show",
            "operator",
            "machines",
            `did:peaq:${operator.address}`,
          ]);
          assert.match(exits(shown, 0).stdout, /Machines: +2/);
        },
      },
      {
        name: "our whoami understands the .env that their init wrote",
        async run() {
          const who = await wallet();
          exits(await peaqos(who, ["init", "--non-interactive", "--force"], { PEAQOS_NETWORK: "devnet" }), 0);
          const { stdout } = exits(await ourCli(stack, who.privateKey, who.dir, ["whoami"]), 0);
          assert.equal(figure(stdout, "Address"), who.address);
        },
      },
    ];
  },
});
