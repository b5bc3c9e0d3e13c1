import {
  encodeAbiParameters,
  encodeErrorResult,
  type Hex,
  keccak256,
  parseTransaction,
  toFunctionSelector,
} from "viem";

/** A transaction as a vector records it. */
export type Recorded = { to: string; valueWei: string; calldata: string };

const errorString = [{ type: "error", name: "Error", inputs: [{ type: "string" }] }] as const;
const word = (value: bigint | string) =>
  typeof value === "bigint"
    ? encodeAbiParameters([{ type: "uint256" }], [value])
    : encodeAbiParameters([{ type: "address" }], [value as Hex]);

/**
 * A `fetch` that answers JSON-RPC as a node with fresh contracts would, and keeps every transaction it is sent. What
 * the vectors want to know is what would be signed; no chain is needed for that.
 */
export function fakeNode(contracts: { identityRegistry: string }) {
  const transactions: Recorded[] = [];
  const views: Record<string, Hex> = {
    [toFunctionSelector("identityRegistryAddress()")]: word(contracts.identityRegistry),
    [toFunctionSelector("CURRENCY_MAX_LEN()")]: word(10n),
    [toFunctionSelector("MAX_METADATA_SIZE()")]: word(4096n),
    [toFunctionSelector("MAX_QUERY_LIMIT()")]: word(100n),
  };
  const registered: Hex = keccak256(new TextEncoder().encode("Registered(uint256,string,address)"));
  const receipt = (hash: unknown) => ({
    transactionHash: hash,
    status: "0x1",
    blockNumber: "0x10",
    gasUsed: "0x5208",
    logs: [
      {
        address: contracts.identityRegistry,
        topics: [registered, word(7n), word(contracts.identityRegistry)],
        data: encodeAbiParameters([{ type: "string" }], [""]),
      },
    ],
  });

  function call(data: Hex): { result: Hex } | { error: object } {
    const known = views[data.slice(0, 10)];
    if (known !== undefined) return { result: known };
    // Any DID attribute is missing.
    const missing = encodeErrorResult({ abi: errorString, args: ["Cannot find the item"] });
    return { error: { code: 3, message: "execution reverted: Cannot find the item", data: missing } };
  }

  function answer({ method, params }: { method: string; params: unknown[] }): object {
    switch (method) {
      case "eth_chainId":
        return { result: "0xd0a" };
      case "eth_getCode":
        return { result: "0x60" };
      case "eth_call":
        return call((params[0] as { data: Hex }).data);
      case "eth_estimateGas":
        return { result: "0x30000" };
      case "eth_getBlockByNumber":
        return {
          result: {
            number: "0x10",
            timestamp: "0x70000000",
            gasLimit: "0x1c9c380",
            baseFeePerGas: "0x3b9aca00",
          },
        };
      case "eth_maxPriorityFeePerGas":
        return { result: "0x1" };
      case "eth_getTransactionCount":
        return { result: `0x${transactions.length.toString(16)}` };
      case "eth_sendRawTransaction": {
        const raw = params[0] as Hex;
        const { to, value = 0n, data = "0x" } = parseTransaction(raw);
        transactions.push({ to: to ?? "", valueWei: value.toString(), calldata: data });
        return { result: keccak256(raw) };
      }
      case "eth_getTransactionReceipt":
        return { result: receipt(params[0]) };
      default:
        return { error: { code: -32601, message: `no ${method} here` } };
    }
  }

  const fetch = async (_url: unknown, init?: { body?: unknown }): Promise<Response> => {
    const body = JSON.parse(String(init?.body));
    const one = (request: { id: number; method: string; params: unknown[] }) => ({
      jsonrpc: "2.0",
      id: request.id,
      ...answer(request),
    });
    return Response.json(Array.isArray(body) ? body.map(one) : one(body));
  };
  return { fetch: fetch as typeof globalThis.fetch, transactions };
}
