import { identityRegistryAbi } from "@peaqos/abi";
import { type ClientContext, getMachine, type MachineDIDAttributes, machineIdOf } from "@peaqos/peaq-os-sdk";
import { type AttributeStep, findAttribute, planAttributes } from "@peaqos/peaq-os-sdk/did";
import type { Abi } from "viem";
import { networkError } from "../engine/errors.ts";

/** What the chain says about the machine and its operator before anything is done. */
export type ChainState = {
  readonly machineId: bigint | undefined;
  readonly tokenId: bigint | undefined;
  /** 0 in self mode where it plays no part. */
  readonly operatorMachineId: bigint;
  /** Machines the operator's DID lists already. */
  readonly listed: readonly bigint[];
  /** Wei of the bond a registration has to bring. */
  readonly bond: bigint;
};

export type Activation = {
  readonly mode: "self" | "proxy";
  /** Signs registration, mint and the fleet list. */
  readonly operator: ClientContext;
  /** Signs the machine's own DID; in self mode the same client. */
  readonly machine: ClientContext;
  readonly docUrl: string;
  readonly dataApi: string;
  readonly visibility: "public" | "private" | "onchain";
};

export async function readState({ mode, operator, machine }: Activation): Promise<ChainState> {
  // A wrong address has to show before the bond is paid, not at the step that needs it.
  const contracts = [
    "identityRegistry",
    "identityStaking",
    "machineNft",
    "didRegistry",
    "batchPrecompile",
  ] as const;
  await Promise.all(contracts.map((name) => operator.chain.demandContract(name)));
  // The one precondition of proxy mode: nothing may be spent before it holds.
  const operatorMachineId = mode === "proxy" ? await machineIdOf(operator, operator.address) : 0n;
  if (mode === "proxy" && operatorMachineId === 0n) {
    throw networkError({
      code: "OPERATOR_NOT_REGISTERED",
      message: `The operator ${operator.address} is not registered itself`,
      value: operator.address,
      rule: "an operator has to be activated before it activates machines",
      next: "run `peaqos activate` without --for with this key first",
    });
  }
  const [id, bond, list] = await Promise.all([
    machineIdOf(operator, machine.address),
    readBond(operator),
    mode === "proxy" ? findAttribute(operator, operator.address, "machines") : null,
  ]);
  const listed = idsIn(list?.value ?? "[]");
  if (id === 0n) return { machineId: undefined, tokenId: undefined, operatorMachineId, listed, bond };
  const known = await getMachine(operator, id);
  checkMachine(known, mode, operator.address, machine.address);
  return { machineId: id, tokenId: known.nft?.tokenId, operatorMachineId, listed, bond };
}

function readBond(client: ClientContext): Promise<bigint> {
  return client.chain.read<bigint>({
    address: client.contracts.identityRegistry,
    abi: identityRegistryAbi as Abi,
    functionName: "minBond",
    doing: "read the bond",
  });
}

function checkMachine(
  known: Awaited<ReturnType<typeof getMachine>>,
  mode: "self" | "proxy",
  operator: string,
  address: string,
): void {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  if (known.status === 4) {
    throw networkError({
      code: "MachineDeactivated",
      message: `Machine ${known.machineId} is deactivated`,
      value: address,
      rule: "a deactivated machine cannot be activated again",
      next: "use another machine address",
    });
  }
  if (mode === "proxy" && (known.operator === null || !same(known.operator, operator))) {
    throw networkError({
      code: "OTHER_OPERATOR",
      message: `Machine ${known.machineId} is ${known.operator === null ? "self-managed" : `managed by ${known.operator}`}, not by ${operator}`,
      value: address,
      rule: "only its own operator can activate a machine with --for",
      next:
        known.operator === null
          ? "run `peaqos activate` with the machine's own key, without --for"
          : "use that operator's key",
    });
  }
  if (known.nft && !same(known.nft.owner, address)) {
    throw networkError({
      code: "NFT_HELD_BY_OTHER",
      message: `The NFT of machine ${known.machineId} (token ${known.nft.tokenId}) is held by ${known.nft.owner}`,
      value: known.nft.owner,
      rule: `the NFT belongs to the machine ${address} while it is activated`,
      next: "let the holder transfer it back, or leave the machine as it is",
    });
  }
}

/** The six attributes as they should be. */
export function wanted(activation: Activation, machineId: bigint, tokenId: bigint): MachineDIDAttributes {
  const { mode, operator, docUrl, dataApi, visibility } = activation;
  return {
    machineId,
    nftTokenId: tokenId,
    operatorDid: mode === "proxy" ? `did:peaq:${operator.address}` : "",
    documentationUrl: docUrl,
    dataApi,
    dataVisibility: visibility,
  };
}

/** What would change on the machine's DID. Before registration the two ids are not known: they count as missing. */
export function compareDid(
  activation: Activation,
  machineId: bigint | undefined,
  tokenId: bigint | undefined,
): Promise<AttributeStep[]> {
  const want = wanted(activation, machineId ?? 0n, tokenId ?? 0n);
  return planAttributes(activation.machine, [
    { name: "machineId", value: machineId === undefined ? "(its id)" : String(want.machineId) },
    { name: "nftTokenId", value: tokenId === undefined ? "(its token)" : String(want.nftTokenId) },
    { name: "operator", value: want.operatorDid },
    { name: "documentation_url", value: want.documentationUrl },
    { name: "data_api", value: want.dataApi },
    { name: "data_visibility", value: want.dataVisibility },
  ]);
}

/** Ids in a `machines` attribute; a list that cannot be read is reported by the SDK when it is written. */
function idsIn(text: string): bigint[] {
  return [...text.matchAll(/\d+/g)].map(([digits]) => BigInt(digits));
}
