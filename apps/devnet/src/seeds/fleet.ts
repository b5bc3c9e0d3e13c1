import { didAbi, identityRegistryAbi, machineNftAbi } from "@peaqos/abi";
import { type Address, encodeFunctionData, type Hex, stringToHex } from "viem";
import { devnetKey } from "../accounts.ts";
import type { SeedChain } from "./chain.ts";
import { attestation, hardwareKey } from "./hardware.ts";
import { type Call, type Signed, Signer } from "./signer.ts";
import { mintTestTokens, setMinBond } from "./tokens.ts";
import type { SeedMachine } from "./types.ts";

const BOND = 10n ** 18n;

/** Gas each kind of call may take; what is not used is given back. */
const GAS = { register: 450_000n, mint: 250_000n, attribute: 400_000n } as const;

export type Member = {
  readonly machine: SeedMachine;
  readonly address: Address;
  readonly privateKey: Hex;
  readonly signer: Signer;
  machineId: bigint;
  tokenId: bigint;
};

/** The seeded machines as accounts on the chain. */
export class Fleet {
  readonly members: readonly Member[];
  readonly #on: SeedChain;

  constructor(on: SeedChain, machines: readonly SeedMachine[]) {
    this.#on = on;
    this.members = machines.map((machine) => {
      const privateKey = devnetKey(`machine ${machine.name}`);
      const signer = new Signer(privateKey, on.chainId, 0);
      return { machine, privateKey, signer, address: signer.address, machineId: 0n, tokenId: 0n };
    });
  }

  member(name: string): Member {
    const found = this.members.find(({ machine }) => machine.name === name);
    if (!found) throw new Error(`devnet seeds: no machine ${name}`);
    return found;
  }

  /** Identity, bond, NFT and DID attributes of every machine and of the operator, in four blocks from `time` on. */
  async register(time: number): Promise<void> {
    const on = this.#on;
    const { operator, admin } = on.roles;
    const { identityRegistry, machineNft, batchPrecompile } = on.deployment;
    const proxied = this.members.filter(({ machine }) => machine.management === "operator");
    const selfManaged = this.members.filter(({ machine }) => machine.management === "self");
    const bonded = selfManaged.filter(({ machine }) => machine.bonded);
    const unbonded = selfManaged.filter(({ machine }) => !machine.bonded);
    await on.fund(this.members.map(({ address }) => address));

    await on.mine(time, [
      ...(await mintTestTokens(on)),
      await operator.sendAll(batchPrecompile, [
        this.#register(),
        ...proxied.map(({ address }) => ({
          to: identityRegistry,
          data: encodeFunctionData({
            abi: identityRegistryAbi,
            functionName: "registerFor",
            args: [address],
          }),
          value: BOND,
          gas: GAS.register,
        })),
      ]),
      ...(await Promise.all(bonded.map(({ signer }) => signer.send(this.#register())))),
    ]);
    await this.#readMachineIds([...proxied, ...bonded]);
    const [operatorId] = await this.#machineIds([operator.address]);

    const mint = ({ machineId, address }: Member): Call => ({
      to: machineNft,
      data: encodeFunctionData({ abi: machineNftAbi, functionName: "mint", args: [machineId, address] }),
      gas: GAS.mint,
    });
    await on.mine(time + 60, [
      await operator.sendAll(batchPrecompile, proxied.map(mint)),
      ...(await Promise.all(bonded.map((member) => member.signer.send(mint(member))))),
      await setMinBond(on, admin, 0n),
    ]);
    await this.#readTokenIds([...proxied, ...bonded]);

    await on.mine(time + 120, [
      await this.#describeOperator(operatorId ?? 0n, proxied),
      ...(await Promise.all([...proxied, ...bonded].map((member) => this.#describe(member)))),
      ...(await Promise.all(unbonded.map(({ signer }) => signer.send({ ...this.#register(), value: 0n })))),
    ]);
    await this.#readMachineIds(unbonded);

    await on.mine(time + 180, [
      await setMinBond(on, admin, BOND),
      ...(await Promise.all(unbonded.map((member) => this.#describe(member)))),
    ]);
    await on.check();
  }

  #register(): Call {
    return {
      to: this.#on.deployment.identityRegistry,
      data: encodeFunctionData({ abi: identityRegistryAbi, functionName: "register" }),
      value: BOND,
      gas: GAS.register,
    };
  }

  async #readMachineIds(members: readonly Member[]): Promise<void> {
    const ids = await this.#machineIds(members.map(({ address }) => address));
    members.forEach((member, index) => {
      member.machineId = ids[index] ?? 0n;
    });
  }

  #machineIds(owners: readonly Address[]): Promise<bigint[]> {
    const to = this.#on.deployment.identityRegistry;
    return this.#read(
      owners.map((owner) => ({
        to,
        data: encodeFunctionData({
          abi: identityRegistryAbi,
          functionName: "machineIdOfOwner",
          args: [owner],
        }),
      })),
    );
  }

  async #readTokenIds(members: readonly Member[]): Promise<void> {
    const { machineNft } = this.#on.deployment;
    const ids = await this.#read(
      members.map(({ machineId }) => ({
        to: machineNft,
        data: encodeFunctionData({ abi: machineNftAbi, functionName: "tokenIdOf", args: [machineId] }),
      })),
    );
    members.forEach((member, index) => {
      member.tokenId = ids[index] ?? 0n;
    });
  }

  async #read(calls: readonly { to: Address; data: Hex }[]): Promise<bigint[]> {
    const answers = await this.#on.read<Hex>(
      calls.map((call) => ({ method: "eth_call", params: [call, "latest"] })),
    );
    return answers.map(BigInt);
  }

  /** A machine's own DID attributes: the six canonical ones, and its hardware key where it has one. */
  async #describe(member: Member): Promise<Signed> {
    const { machine, machineId, tokenId } = member;
    const operator = machine.management === "operator" ? `did:peaq:${this.#on.roles.operator.address}` : "";
    const attributes: [string, string][] = [["machineId", String(machineId)]];
    if (tokenId > 0n) attributes.push(["nftTokenId", String(tokenId)]);
    attributes.push(
      ["operator", operator],
      ["documentation_url", `https://machines.example/${machine.name}`],
      ["data_api", `https://machines.example/${machine.name}/events`],
      ["data_visibility", machine.visibility],
    );
    if (machine.hardware) {
      attributes.push(["hardware_key", hardwareKey(member)]);
      attributes.push(["hardware_attestation", await attestation(this.#on, member)]);
    }
    return this.#write(member.signer, attributes);
  }

  /** The operator's own DID: who it is, and its fleet. */
  #describeOperator(machineId: bigint, proxied: readonly Member[]): Promise<Signed> {
    const ids = proxied.map((member) => String(member.machineId));
    return this.#write(this.#on.roles.operator, [
      ["machineId", String(machineId)],
      ["machines", `[${ids.join(", ")}]`],
    ]);
  }

  #write(signer: Signer, attributes: readonly [string, string][]): Promise<Signed> {
    const { didRegistry, batchPrecompile } = this.#on.deployment;
    return signer.sendAll(
      batchPrecompile,
      attributes.map(([name, value]) => ({
        to: didRegistry,
        data: encodeFunctionData({
          abi: didAbi,
          functionName: "addAttribute",
          args: [signer.address, stringToHex(name), stringToHex(value), 0],
        }),
        gas: GAS.attribute,
      })),
    );
  }
}
