/** The two views of AdminFlags that a client needs. The contract and its ABI are ours; no ABI is published. */
export const adminFlagsViews = [
  {
    type: "function",
    name: "flaggedAt",
    stateMutability: "view",
    inputs: [{ name: "machineId", type: "uint256" }],
    outputs: [{ name: "", type: "uint256" }],
  },
  {
    type: "function",
    name: "trustOverrideOf",
    stateMutability: "view",
    inputs: [{ name: "machineId", type: "uint256" }],
    outputs: [
      { name: "set", type: "bool" },
      { name: "value", type: "uint256" },
    ],
  },
] as const;
