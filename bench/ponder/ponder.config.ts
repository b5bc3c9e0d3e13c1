import { createConfig } from "ponder";
import { parseAbi } from "viem";

const env = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
};

/** The anchor reads the same registry as our follower: the log as the signal, the record by a contract read. */
export default createConfig({
  ordering: "omnichain",
  database: { kind: "postgres", connectionString: env("DATABASE_URL") },
  chains: {
    home: {
      id: Number(env("BENCH_CHAIN_ID")),
      rpc: env("BENCH_RPC_URL"),
      disableCache: true,
      pollingInterval: 50,
    },
  },
  contracts: {
    EventRegistry: {
      chain: "home",
      address: env("EVENT_REGISTRY_ADDRESS") as `0x${string}`,
      startBlock: 1,
      abi: parseAbi([
        "event EventSubmitted(uint256 indexed machineId, uint256 indexed eventIndex, uint8 eventType, uint256 value, string indexed currency)",
        "function getEventAt(uint256 machineId, uint256 index) view returns ((uint256 machineId, uint8 eventType, uint256 value, uint256 timestamp, bytes32 dataHash, uint8 trustLevel, uint256 sourceChainId, bytes32 sourceTxHash, bytes metadata, string currency))",
      ]),
    },
  },
});
