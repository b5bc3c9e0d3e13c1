/** `getEvents` of older registries: records without a currency. */
export const getEventsV1Abi = [
  {
    type: "function",
    name: "getEvents",
    stateMutability: "view",
    inputs: [
      { name: "machineId", type: "uint256" },
      { name: "offset", type: "uint256" },
      { name: "limit", type: "uint256" },
    ],
    outputs: [
      {
        name: "",
        type: "tuple[]",
        components: [
          { name: "machineId", type: "uint256" },
          { name: "eventType", type: "uint8" },
          { name: "value", type: "uint256" },
          { name: "timestamp", type: "uint256" },
          { name: "dataHash", type: "bytes32" },
          { name: "trustLevel", type: "uint8" },
          { name: "sourceChainId", type: "uint256" },
          { name: "sourceTxHash", type: "bytes32" },
          { name: "metadata", type: "bytes" },
        ],
      },
    ],
  },
] as const;
