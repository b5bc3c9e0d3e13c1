import type { Address } from "./address.ts";

/** Contract addresses by the names the SDK's `contracts` option uses. */
export type ContractAddresses = {
  readonly identityRegistry: Address;
  readonly identityStaking: Address;
  readonly eventRegistry: Address;
  readonly machineNft: Address;
  readonly didRegistry: Address;
  readonly batchPrecompile: Address;
  readonly machineAccountFactory?: Address;
  readonly machineNftAdapter?: Address;
};

/** What is publicly known about one network. Data only: nothing in peaqOS uses a preset unless a user chose it. */
export type NetworkPreset = {
  readonly name: string;
  /** EIP-155 chain id. */
  readonly chainId: number;
  /** LayerZero endpoint id, where the network has one. */
  readonly layerZeroEid?: number;
  /** Public RPC endpoints, the documented default first. */
  readonly rpcUrls: readonly string[];
  readonly explorerUrls: readonly string[];
  readonly mcrApiUrl?: string;
  readonly gasStationUrl?: string;
  readonly orchestrationUrl?: string;
  readonly contracts?: ContractAddresses;
  /** What public sources contradict each other on; a `doctor` shows these. */
  readonly remarks: readonly string[];
};

/** DID precompile of every peaq network. */
export const DID_PRECOMPILE: Address = "0x0000000000000000000000000000000000000800";
/** Batch precompile of every peaq network. */
export const BATCH_PRECOMPILE: Address = "0x0000000000000000000000000000000000000805";
/** Native token as ERC-20 on peaq networks (the bond's wrapped token there). */
export const WPEAQ_PRECOMPILE: Address = "0x0000000000000000000000000000000000000809";

/**
 * Public networks by name. These are facts about other people's deployments as of the 1.0 generation, never a
 * default: a client that connects to one of them was told to.
 *
 * @example
 * ```ts
 * import { networks } from "@peaqos/abi";
 * networks.agung.chainId; // 9990
 * ```
 */
export const networks = {
  peaq: {
    name: "peaq",
    chainId: 3338,
    layerZeroEid: 30302,
    rpcUrls: [
      "https://peaq.api.onfinality.io/public",
      "https://quicknode1.peaq.xyz",
      "https://quicknode2.peaq.xyz",
      "https://quicknode3.peaq.xyz",
      "https://peaq-rpc.publicnode.com",
    ],
    explorerUrls: ["https://peaq.subscan.io"],
    mcrApiUrl: "https://mcr.peaq.xyz",
    gasStationUrl: "https://depinstation.peaq.xyz",
    orchestrationUrl: "https://orchestration.peaq.xyz",
    contracts: {
      identityRegistry: "0xb53Af985765031936311273599389b5B68aC9956",
      identityStaking: "0x11c05A650704136786253e8685f56879A202b1C7",
      eventRegistry: "0x43c6AF2E14dc1327dc3cc6c7117D1CD72fffEcbA",
      machineNft: "0x2943F80e9DdB11B9Dd275499C661Df78F5F691F9",
      didRegistry: DID_PRECOMPILE,
      batchPrecompile: BATCH_PRECOMPILE,
      machineAccountFactory: "0x4A808d5A90A2c91739E92C70aF19924e0B3D527f",
      machineNftAdapter: "0x9AD5408702EC204441A88589B99ADfC2514AFAE6",
    },
    remarks: [
      "Public pages name two EventRegistry addresses: 0x43c6AF2E14dc1327dc3cc6c7117D1CD72fffEcbA (used here) and 0x43c6c12eecAf4fB3F164375A9c44f8a6Efc139b9. Check identityRegistryAddress() before use.",
      "Public pages name two gas stations: https://depinstation.peaq.xyz (used here) and https://depinstation.peaq.network.",
    ],
  },
  agung: {
    name: "agung",
    chainId: 9990,
    layerZeroEid: 40299,
    rpcUrls: ["https://peaq-agung.api.onfinality.io/public"],
    explorerUrls: ["https://agung-testnet.subscan.io", "https://testnet.peaqscan.xyz"],
    contracts: {
      identityRegistry: "0x9E9463a65c7B74623b3b6Cdc39F71be7274e5971",
      identityStaking: "0x55f336714aDb0749DbFE33b057a1702405564E3d",
      eventRegistry: "0x2DAD8905380993940e340C5cE6d313d5c2780040",
      machineNft: "0xB41C2A4f1c19b6B06beaAce0F5CD8439e77C4b1c",
      didRegistry: DID_PRECOMPILE,
      batchPrecompile: BATCH_PRECOMPILE,
    },
    remarks: [
      "The EventRegistry runs the older submitEvent without a currency (nine arguments): use eventRegistryV1Abi for writing.",
      "No gas station and no rating service; LayerZero has an endpoint id but no verifier route, so bridging is not possible.",
    ],
  },
  base: {
    name: "base",
    chainId: 8453,
    layerZeroEid: 30184,
    rpcUrls: ["https://mainnet.base.org"],
    explorerUrls: ["https://basescan.org"],
    remarks: ["MachineNFTBase, passed per call: 0xee8A521eA434b11F956E2402beC5eBfa753Babfa."],
  },
} as const satisfies Record<string, NetworkPreset>;

/** Name of a known public network. */
export type NetworkName = keyof typeof networks;
