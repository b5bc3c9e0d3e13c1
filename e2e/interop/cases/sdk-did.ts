import assert from "node:assert/strict";
import type { Case, Group } from "../case.ts";
import { rejects } from "../expect.ts";
import type { Made } from "./sdk-identity.ts";

export const sdkDid = (made: Made): Group => ({
  title: "SDK 0.3.0: DID attributes",
  cases: ({ sdk }): Case[] => {
    const attributes = (client: string, overrides: Record<string, unknown> = {}) =>
      sdk.call("write_machine_did_attributes", {
        client,
        machine_id: 1,
        nft_token_id: 1,
        operator_did: "",
        documentation_url: "https://docs.example/m",
        data_api: "https://data.example/m",
        data_visibility: "onchain",
        ...overrides,
      });
    const read = async (address: string | undefined, name: string): Promise<string> =>
      (await sdk.call("read_attribute", { client: "self", did_address: address, name })).value;
    return [
      {
        name: "read_attribute that was never written: the chain's words 'Cannot find the item'",
        run: () => assert.rejects(read(made.self?.address, "machineId"), /Cannot find the item/),
      },
      {
        name: "write_machine_did_attributes: six attributes in one transaction, each readable",
        async run() {
          const { machineId, address } = made.self!;
          const tokenId = await sdk.call("token_id_of", { client: "self", machine_id: machineId });
          await attributes("self", { machine_id: machineId, nft_token_id: tokenId });
          assert.equal(await read(address, "machineId"), String(machineId));
          assert.equal(await read(address, "nftTokenId"), String(tokenId));
          assert.equal(await read(address, "operator"), "");
          assert.equal(await read(address, "documentation_url"), "https://docs.example/m");
          assert.equal(await read(address, "data_api"), "https://data.example/m");
          assert.equal(await read(address, "data_visibility"), "onchain");
        },
      },
      {
        name: "read_attribute shows name, validity and creation as the chain has them",
        async run() {
          const args = { client: "self", did_address: made.self?.address, name: "machineId" };
          const { name, validity, created } = await sdk.call("read_attribute", args);
          assert.equal(name, "machineId");
          assert.equal(validity, 4_294_967_295);
          assert.ok(created > 1_600_000_000_000);
        },
      },
      {
        name: "write_machine_did_attributes a second time: refused, nothing changes",
        async run() {
          await rejects(
            attributes("self", { machine_id: made.self?.machineId, data_visibility: "private" }),
            "RpcError",
            "TX_REVERTED",
            /AttributeAlreadyExist/,
          );
          assert.equal(await read(made.self?.address, "data_visibility"), "onchain");
        },
      },
      {
        name: "write_machine_did_attributes by the machine under an operator",
        async run() {
          const { machineId, address } = made.proxied!;
          const tokenId = await sdk.call("token_id_of", { client: "proxied", machine_id: machineId });
          const operator = `did:peaq:${made.operator?.address}`;
          await attributes("proxied", {
            machine_id: machineId,
            nft_token_id: tokenId,
            operator_did: operator,
          });
          assert.equal(await read(address, "operator"), operator);
        },
      },
      {
        name: "write_proxy_did_attributes: the operator's list of machines",
        async run() {
          const { machineId, address } = made.operator!;
          const machines = [made.proxied?.machineId];
          await sdk.call("write_proxy_did_attributes", {
            client: "operator",
            proxy_machine_id: machineId,
            machine_ids: machines,
          });
          assert.equal(await read(address, "machineId"), String(machineId));
          assert.deepEqual(JSON.parse(await read(address, "machines")), machines);
        },
      },
      {
        name: "unknown visibility, empty URL, text that is not ASCII: ValidationError before anything is sent",
        async run() {
          await rejects(attributes("operator", { data_visibility: "secret" }), "ValidationError");
          await rejects(attributes("operator", { documentation_url: "" }), "ValidationError");
          await rejects(attributes("operator", { data_api: "https://data.example/ü" }), "ValidationError");
        },
      },
    ];
  },
});
