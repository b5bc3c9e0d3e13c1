import { submitEventV1Abi } from "../../codec/events.ts";

/** `getEvents` of older registries: a record is what `submitEvent` took there, without a currency. */
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
    outputs: [{ name: "", type: "tuple[]", components: submitEventV1Abi[0].inputs }],
  },
] as const;
