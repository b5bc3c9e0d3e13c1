import {
  type Address,
  type Hex,
  hexToBigInt,
  isAddressEqual,
  keccak256,
  type PublicClient,
  pad,
  slice,
  stringToHex,
  toHex,
} from "viem";
import { type ArtifactName, loadArtifact } from "./artifacts.ts";
import type { Contracts } from "./plan.ts";

/** A step of a deployment was mined and yet the contract does not say what the step should have made it say. */
export class WiringError extends Error {
  override readonly name = "WiringError";
  /** What is not as planned, one line each. */
  readonly wrong: readonly string[];

  constructor(wrong: readonly string[]) {
    super(
      `the contracts are deployed, but not wired as planned:\n  ${wrong.join("\n  ")}\nDo not use them. Send the named calls as the owner, or start a new deployment.`,
    );
    this.wrong = wrong;
  }
}

export type WiringOptions = {
  readonly publicClient: PublicClient;
  readonly contracts: Contracts;
  readonly did: Address;
  /** Who owns the contracts in the end. */
  readonly owner: Address;
};

/**
 * Reads back what the steps of a deployment should have set. A receipt says that a call did not revert, not that it
 * did what its name says: an address with other code takes any call.
 *
 * @throws WiringError naming every step that did not take effect.
 */
export async function checkWiring({ publicClient, contracts, did, owner }: WiringOptions): Promise<void> {
  const { identityRegistry, identityStaking, eventRegistry, machineNft, adminFlags, wpeaq } = contracts;
  const read = (name: ArtifactName, address: Address, functionName: string, args: readonly unknown[] = []) =>
    publicClient.readContract({ address, abi: loadArtifact(name).abi, functionName, args });
  // These have no getter in the published ABI.
  const stored = async (name: ArtifactName, address: Address, index: bigint): Promise<Address> => {
    const word = await publicClient.getStorageAt({ address, slot: slotOf(name, index) });
    return slice(pad(word ?? "0x"), 12);
  };
  const expected: readonly (readonly [step: string, found: Promise<unknown>, planned: Address | true])[] = [
    [
      `IdentityStaking.authorize(${identityRegistry})`,
      read("IdentityStaking", identityStaking, "isAuthorized", [identityRegistry]),
      true,
    ],
    [
      "IdentityRegistry.setIdentityStaking",
      stored("IdentityRegistry", identityRegistry, 2n),
      identityStaking,
    ],
    ["IdentityRegistry.setWPEAQ", stored("IdentityRegistry", identityRegistry, 3n), wpeaq],
    [
      "IdentityRegistry.setDIDPrecompile",
      read("IdentityRegistry", identityRegistry, "getDIDPrecompile"),
      did,
    ],
    ["IdentityStaking.initialize, token", read("IdentityStaking", identityStaking, "stakingToken"), wpeaq],
    [
      "EventRegistry.setIdentityRegistry",
      read("EventRegistry", eventRegistry, "identityRegistryAddress"),
      identityRegistry,
    ],
    [
      "EventRegistry.setIdentityStaking",
      read("EventRegistry", eventRegistry, "identityStakingAddress"),
      identityStaking,
    ],
    ["MachineNFT.setIdentityRegistry", stored("MachineNFT", machineNft, 0n), identityRegistry],
    ["MachineNFT.setIdentityStaking", stored("MachineNFT", machineNft, 1n), identityStaking],
    ...(
      [
        ["IdentityStaking", identityStaking],
        ["IdentityRegistry", identityRegistry],
        ["EventRegistry", eventRegistry],
        ["MachineNFT", machineNft],
        ["AdminFlags", adminFlags],
      ] as const
    ).map(([name, address]) => [`${name}.transferOwnership`, read(name, address, "owner"), owner] as const),
  ];
  const found = await Promise.allSettled(expected.map(([, value]) => value));
  const wrong = expected.flatMap(([step, , planned], index) => {
    const answer = found[index]!;
    if (answer.status === "rejected")
      return [`${step}: planned ${planned}, cannot be read: ${reason(answer.reason)}`];
    return same(answer.value, planned) ? [] : [`${step}: planned ${planned}, found ${answer.value}`];
  });
  if (wrong.length > 0) throw new WiringError(wrong);
}

/** Where a contract keeps its variables (ERC-7201), by their position in its storage struct. */
function slotOf(name: ArtifactName, index: bigint): Hex {
  const id = hexToBigInt(keccak256(stringToHex(`peaqos.storage.${name}`)));
  const base = hexToBigInt(keccak256(toHex(id - 1n, { size: 32 }))) & ~0xffn;
  return toHex(base + index, { size: 32 });
}

function same(found: unknown, planned: Address | true): boolean {
  return planned === true ? found === true : isAddressEqual(found as Address, planned);
}

const reason = (error: unknown) =>
  (error as { shortMessage?: string }).shortMessage ??
  (error instanceof Error ? error.message : String(error));
