export type JsonRpcId = string | number | null;

export type JsonRpcRequest = {
  jsonrpc?: string;
  id?: JsonRpcId;
  method: string;
  params?: unknown[];
};

export type JsonRpcError = { code: number; message: string; data?: unknown };

export type JsonRpcResponse =
  | { jsonrpc: "2.0"; id: JsonRpcId; result: unknown; error?: undefined }
  | { jsonrpc: "2.0"; id: JsonRpcId; error: JsonRpcError; result?: undefined };

/** A refusal in the node's own words: code, message and data go to the caller unchanged. */
export class RpcFailure extends Error {
  readonly code: number;
  readonly data: unknown;

  constructor(error: JsonRpcError) {
    super(error.message);
    this.name = "RpcFailure";
    this.code = error.code;
    this.data = error.data;
  }

  toJson(): JsonRpcError {
    return this.data === undefined
      ? { code: this.code, message: this.message }
      : { code: this.code, message: this.message, data: this.data };
  }
}

export function success(id: JsonRpcId, result: unknown): JsonRpcResponse {
  return { jsonrpc: "2.0", id, result };
}

export function failure(id: JsonRpcId, error: unknown): JsonRpcResponse {
  if (error instanceof RpcFailure) return { jsonrpc: "2.0", id, error: error.toJson() };
  const message = error instanceof Error ? error.message : String(error);
  return { jsonrpc: "2.0", id, error: { code: -32603, message: `devnet gateway: ${message}` } };
}
