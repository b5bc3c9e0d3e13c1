import type { Address, Hex } from "viem";
import { encodeDeployData, encodeFunctionData, getContractAddress, size } from "viem";
import { type ArtifactName, loadArtifact } from "./artifacts.ts";

/** Where the contracts of one chain are. */
export type Contracts = {
  readonly identityRegistry: Address;
  readonly identityStaking: Address;
  readonly eventRegistry: Address;
  readonly machineNft: Address;
  readonly adminFlags: Address;
  readonly wpeaq: Address;
};

/** One transaction of a deployment. */
export type Step = {
  /** What it does, for a person. */
  readonly label: string;
  /** Absent when the step creates a contract. */
  readonly to?: Address;
  readonly data: Hex;
  /** The contract it creates. */
  readonly creates?: Address;
  /** Enough gas for a chain with Ethereum's gas schedule. */
  readonly gas: bigint;
};

export type PlanOptions = {
  /** Who sends the transactions; first owner of everything. */
  readonly deployer: Address;
  /** The deployer's next nonce: with the deployer it fixes every address. */
  readonly nonce: number;
  /** DID precompile of the chain. */
  readonly did: Address;
  /** An existing wrapped token (0x809 on peaq). Absent: our own is deployed. */
  readonly wpeaq?: Address;
  /** Who owns the contracts in the end. Absent: the deployer. */
  readonly owner?: Address;
};

/** Collects transactions in nonce order and knows the addresses they will create. */
export class PlanBuilder {
  readonly steps: Step[] = [];
  readonly #deployer: Address;
  readonly #nonce: number;

  constructor(deployer: Address, nonce: number) {
    this.#deployer = deployer;
    this.#nonce = nonce;
  }

  create(name: ArtifactName, args: readonly unknown[] = [], label: string = name): Address {
    const { abi, bytecode } = loadArtifact(name);
    const data = encodeDeployData({ abi, bytecode, args });
    const creates = getContractAddress({
      from: this.#deployer,
      nonce: BigInt(this.#nonce + this.steps.length),
    });
    this.steps.push({ label: `deploy ${label}`, data, creates, gas: creationGas(data) });
    return creates;
  }

  /** An implementation and an initialised proxy in front of it, so that nobody else can initialise it. */
  createBehindProxy(name: ArtifactName, initializeArgs: readonly unknown[]): Address {
    const implementation = this.create(name, [], `${name} implementation`);
    const { abi } = loadArtifact(name);
    const initialize = encodeFunctionData({ abi, functionName: "initialize", args: initializeArgs });
    return this.create("ERC1967Proxy", [implementation, initialize], `${name} proxy`);
  }

  call(name: ArtifactName, to: Address, functionName: string, args: readonly unknown[]): void {
    const data = encodeFunctionData({ abi: loadArtifact(name).abi, functionName, args });
    this.steps.push({ label: `${name}.${functionName}(${args.join(", ")})`, to, data, gas: CALL_GAS });
  }
}

const CALL_GAS = 200_000n;

/** Upper bound: base cost, calldata, the code's deposit (at most as long as the creation data) and an initialiser. */
function creationGas(data: Hex): bigint {
  return 500_000n + 260n * BigInt(size(data));
}

/** The transactions that deploy and wire the contracts, and the addresses that result. Pure: sends nothing. */
export function planContracts(options: PlanOptions, plan: PlanBuilder): Contracts {
  const { deployer, did, owner } = options;
  const wpeaq = options.wpeaq ?? plan.create("WPEAQ");
  const identityStaking = plan.createBehindProxy("IdentityStaking", [wpeaq, deployer]);
  const identityRegistry = plan.createBehindProxy("IdentityRegistry", [deployer]);
  const registries = [identityRegistry, identityStaking, deployer] as const;
  const eventRegistry = plan.createBehindProxy("EventRegistry", registries);
  const machineNft = plan.createBehindProxy("MachineNFT", registries);
  const adminFlags = plan.create("AdminFlags", [deployer]);
  plan.call("IdentityStaking", identityStaking, "authorize", [identityRegistry]);
  plan.call("IdentityRegistry", identityRegistry, "setIdentityStaking", [identityStaking]);
  plan.call("IdentityRegistry", identityRegistry, "setWPEAQ", [wpeaq]);
  plan.call("IdentityRegistry", identityRegistry, "setDIDPrecompile", [did]);
  if (owner !== undefined && owner.toLowerCase() !== deployer.toLowerCase()) {
    plan.call("IdentityStaking", identityStaking, "transferOwnership", [owner]);
    plan.call("IdentityRegistry", identityRegistry, "transferOwnership", [owner]);
    plan.call("EventRegistry", eventRegistry, "transferOwnership", [owner]);
    plan.call("MachineNFT", machineNft, "transferOwnership", [owner]);
    plan.call("AdminFlags", adminFlags, "transferOwnership", [owner]);
  }
  return { identityRegistry, identityStaking, eventRegistry, machineNft, adminFlags, wpeaq };
}
