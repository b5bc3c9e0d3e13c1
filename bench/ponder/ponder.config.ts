import { createConfig } from "ponder";
import { parseAbi } from "viem";

const env = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};

/** The log is the signal, the record comes from the contract: the work our follower does. */
export const registryAbi = parseAbi([
  "event EventSubmitted(uint256 indexed machineId, uint256 indexed eventIndex, uint8 eventType, uint256 value, string indexed currency)",
  "function getEvents(uint256 machineId, uint256 offset, uint256 limit) view returns ((uint256 machineId, uint8 eventType, uint256 value, uint256 timestamp, bytes32 dataHash, uint8 trustLevel, uint256 sourceChainId, bytes32 sourceTxHash, bytes metadata, string currency)[])",
]);

export default createConfig({
  ordering: "omnichain",
  database: { kind: "postgres", connectionString: env("DATABASE_URL") },
  chains: {
    home: {
      id: Number(env("BENCH_CHAIN_ID")),
      rpc: env("BENCH_RPC_URL"),
      disableCache: true,
      pollingInterval: 100,
    },
  },
  contracts: {
    EventRegistry: {
      chain: "home",
      address: env("EVENT_REGISTRY_ADDRESS") as `0x${string}`,
      startBlock: 1,
      abi: registryAbi,
    },
  },
});
