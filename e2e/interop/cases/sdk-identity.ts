import assert from "node:assert/strict";
import type { Case, Context, Group } from "../case.ts";
import { rejects } from "../expect.ts";

/** A machine that the published SDK made, with its client's name in the driver. */
export type SdkMachine = {
  client: string;
  address: string;
  privateKey: string;
  did: string;
  machineId: number;
};

/** Machines of the identity cases, used by the groups after them. */
export type Made = { self?: SdkMachine; operator?: SdkMachine; proxied?: SdkMachine };

/** Makes a funded key pair and a client for it. */
export async function newMachine({ sdk, stack }: Context, client: string): Promise<SdkMachine> {
  const [address, privateKey] = await sdk.call("generate_keypair");
  await stack.fund(address);
  await sdk.call("connect", { name: client, config: stack.clientConfig(privateKey) });
  return { client, address, privateKey, did: `did:peaq:${address}`, machineId: 0 };
}

export const sdkIdentity = (made: Made): Group => ({
  title: "SDK 0.3.0: keys, identity, NFT",
  cases: (context): Case[] => {
    const { sdk, stack } = context;
    return [
      {
        name: "generate_keypair gives an address and its key",
        async run() {
          const [address, privateKey] = await sdk.call("generate_keypair");
          assert.match(address, /^0x[0-9a-fA-F]{40}$/);
          assert.match(privateKey, /^0x[0-9a-f]{64}$/);
        },
      },
      {
        name: "from_env() takes devnet.env as it is",
        async run() {
          assert.equal(await sdk.call("connect_from_env", { name: "env" }), stack.developer.address);
          assert.equal(await sdk.call("chain_id", { client: "env" }), stack.chainId);
        },
      },
      {
        name: "the bound contracts answer (accessors)",
        async run() {
          const minBond = await sdk.call("view", {
            client: "env",
            contract: "identity_registry",
            function: "minBond",
            args: [],
          });
          assert.equal(BigInt(minBond), 10n ** 18n);
          for (const [contract, view] of [
            ["identity_staking", "totalStaked"],
            ["event_registry", "totalEventCount"],
            ["machine_nft", "totalMinted"],
          ]) {
            const value = await sdk.call("view", { client: "env", contract, function: view, args: [] });
            assert.ok(BigInt(value) >= 0n);
          }
        },
      },
      {
        name: "register_machine: bond paid, id read from the Registered log",
        async run() {
          made.self = await newMachine(context, "self");
          made.self.machineId = await sdk.call("register_machine", { client: "self" });
          assert.ok(made.self.machineId > 0);
          const staked = await sdk.call("view", {
            client: "self",
            contract: "identity_staking",
            function: "isStaked",
            args: [made.self.machineId],
          });
          assert.equal(staked, true);
        },
      },
      {
        name: "register_machine a second time: RpcError AlreadyRegistered",
        run: () => rejects(sdk.call("register_machine", { client: "self" }), "RpcError", "AlreadyRegistered"),
      },
      {
        name: "register_for: the machine owns its identity, the caller operates it",
        async run() {
          made.operator = await newMachine(context, "operator");
          made.operator.machineId = await sdk.call("register_machine", { client: "operator" });
          made.proxied = await newMachine(context, "proxied");
          made.proxied.machineId = await sdk.call("register_for", {
            client: "operator",
            machine_address: made.proxied.address,
          });
          assert.equal(made.proxied.machineId, made.operator.machineId + 1);
          const args = [made.proxied.machineId];
          const read = (view: string) =>
            sdk.call("view", { client: "operator", contract: "identity_registry", function: view, args });
          assert.equal(await read("ownerOf"), made.proxied.address);
          assert.equal(await read("operatorOf"), made.operator.address);
        },
      },
      {
        name: "register_for with no address: ValidationError before anything is sent",
        run: () =>
          rejects(
            sdk.call("register_for", { client: "operator", machine_address: "0x12" }),
            "ValidationError",
          ),
      },
      {
        name: "register_for the zero address: RpcError InvalidMachineAddress",
        run: () =>
          rejects(
            sdk.call("register_for", { client: "operator", machine_address: `0x${"0".repeat(40)}` }),
            "RpcError",
            "InvalidMachineAddress",
          ),
      },
      {
        name: "token_id_of a machine without an NFT",
        upstream: "the seed promises an error; 0.3.0 hands on the contract's 0, which its CLI needs",
        async run() {
          assert.equal(
            await sdk.call("token_id_of", { client: "self", machine_id: made.self?.machineId }),
            0,
          );
        },
      },
      {
        name: "mint_nft to the machine itself, token_id_of finds it",
        async run() {
          const { machineId, address } = made.self!;
          const hash = await sdk.call("mint_nft", {
            client: "self",
            machine_id: machineId,
            recipient: address,
          });
          assert.match(hash, /^(0x)?[0-9a-f]{64}$/);
          const tokenId = await sdk.call("token_id_of", { client: "self", machine_id: machineId });
          assert.ok(tokenId > 0);
          const args = [tokenId];
          const owner = await sdk.call("view", {
            client: "self",
            contract: "machine_nft",
            function: "ownerOf",
            args,
          });
          assert.equal(owner, address);
        },
      },
      {
        name: "mint_nft by the operator to its machine",
        async run() {
          const { machineId, address } = made.proxied!;
          await sdk.call("mint_nft", { client: "operator", machine_id: machineId, recipient: address });
          assert.ok((await sdk.call("token_id_of", { client: "operator", machine_id: machineId })) > 0);
        },
      },
      {
        name: "mint_nft a second time",
        upstream:
          "the code should be AlreadyMinted; 0.3.0 does not know the NFT contract's errors: TX_REVERTED",
        run: () =>
          rejects(
            sdk.call("mint_nft", {
              client: "self",
              machine_id: made.self?.machineId,
              recipient: made.self?.address,
            }),
            "RpcError",
            "TX_REVERTED",
          ),
      },
      {
        name: "mint_nft by an operator to somebody else",
        upstream: "the code should be RecipientMustBeMachineOwner; same cause: TX_REVERTED",
        async run() {
          const other = await newMachine(context, "other");
          const machineId = await sdk.call("register_for", {
            client: "operator",
            machine_address: other.address,
          });
          await rejects(
            sdk.call("mint_nft", {
              client: "operator",
              machine_id: machineId,
              recipient: made.operator?.address,
            }),
            "RpcError",
            "TX_REVERTED",
          );
        },
      },
      {
        name: "mint_nft for an unknown machine: RpcError MachineNotFound",
        run: () =>
          rejects(
            sdk.call("mint_nft", { client: "self", machine_id: 999_999, recipient: made.self?.address }),
            "RpcError",
            "MachineNotFound",
          ),
      },
    ];
  },
});
