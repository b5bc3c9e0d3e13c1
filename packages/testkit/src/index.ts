export type { TestChain, TestChainOptions } from "./chain.ts";
export { testChain } from "./chain.ts";
export type { TestDatabase } from "./database.ts";
export { stopTestDatabases, testDatabase } from "./database.ts";
export type { Fault, FaultyRpc, RpcRequest, RpcResponse } from "./faulty-rpc.ts";
export { faults, faultyRpc } from "./faulty-rpc.ts";
