import { RpcFailure } from "./rpc.ts";

/** What the gateway does with a method. */
export type MethodClass =
  | "read" // bytes go to the node and back
  | "call" // eth_call, eth_estimateGas: may need overrides
  | "pending" // eth_getBlockByNumber: the pending block's time is the gateway's business
  | "send" // eth_sendRawTransaction
  | "sendSync" // eth_sendRawTransactionSync
  | "admin" // needs the admin flag
  | "none"; // not on this chain

const SPECIAL = new Map<string, MethodClass>([
  ["eth_call", "call"],
  ["eth_estimateGas", "call"],
  ["eth_getBlockByNumber", "pending"],
  ["eth_sendRawTransaction", "send"],
  ["eth_sendRawTransactionSync", "sendSync"],
  // Anvil's own, on no public chain: it estimates without the time and the code this gateway adds. Clients fall back.
  ["eth_fillTransaction", "none"],
  // Writes for accounts the node holds keys of or impersonates.
  ["eth_sendTransaction", "admin"],
  ["eth_sendUnsignedTransaction", "admin"],
]);

const OPEN = /^(eth|net|web3|txpool|trace|ots|erigon)_|^debug_(trace|getRaw|storageRangeAt|codeByHash|dbGet)/;

export function classify(method: string): MethodClass {
  const special = SPECIAL.get(method);
  if (special) return special;
  return OPEN.test(method) ? "read" : "admin";
}

export const ADMIN_HEADER = "x-peaqos-admin";

export function adminRefused(method: string): RpcFailure {
  return new RpcFailure({
    code: -32601,
    message: `${method} is a node-admin method: the devnet takes it only with the header ${ADMIN_HEADER} set to the value of "adminFlag" in devnet.json`,
  });
}
