import type { Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

export type RpcRequest = { jsonrpc?: string; id?: unknown; method: string; params?: unknown[] };
export type RpcResponse = {
  jsonrpc: "2.0";
  id?: unknown;
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
};

/** What goes wrong with a request. `forward` asks the real node. */
export type Fault = (
  request: RpcRequest,
  forward: () => Promise<RpcResponse>,
) => Promise<RpcResponse | "drop">;

/** Ready-made faults. */
export const faults = {
  /** The connection is cut, the node never sees the request. */
  drop: (): Fault => async () => "drop",
  /** The node does the work, the answer is lost. */
  loseAnswer: (): Fault => async (_, forward) => {
    await forward();
    return "drop";
  },
  delay:
    (ms: number): Fault =>
    async (_, forward) => {
      await pause(ms);
      return forward();
    },
  /** Never answers within `ms` (default: a minute). */
  hang: (ms = 60_000): Fault => faults.delay(ms),
  /** A made-up result: `null` for a receipt that is there, an old block number, a balance. */
  result:
    (result: unknown): Fault =>
    async ({ id }) => ({ jsonrpc: "2.0", id, result }),
  error:
    (code: number, message: string, data?: unknown): Fault =>
    async ({ id }) => ({
      jsonrpc: "2.0",
      id,
      error: data === undefined ? { code, message } : { code, message, data },
    }),
  /** The true answer, changed. */
  change:
    (edit: (result: unknown, request: RpcRequest) => unknown): Fault =>
    async (request, forward) => {
      const answer = await forward();
      return answer.error ? answer : { ...answer, result: edit(answer.result, request) };
    },
};

export type FaultyRpc = AsyncDisposable & {
  url: string;
  /** Every request that came, in order. */
  requests: RpcRequest[];
  /** Puts a fault on a method ("*": every method without its own), for `times` requests or until cleared. */
  set(method: string, fault: Fault, times?: number): void;
  clear(method?: string): void;
  /** Answers every HTTP request with this status and text; undefined ends it. */
  httpStatus(status: number | undefined, body?: string): void;
  stop(): Promise<void>;
};

/**
 * A JSON-RPC endpoint in front of a real one that can be slow, lose messages or lie.
 *
 * @example
 * await using rpc = await faultyRpc(chain.url);
 * rpc.set("eth_getTransactionReceipt", faults.result(null), 3);
 */
export async function faultyRpc(target: string): Promise<FaultyRpc> {
  const rules = new Map<string, { fault: Fault; left: number }>();
  const requests: RpcRequest[] = [];
  let http: { status: number; body: string } | undefined;

  const forward = async (body: unknown): Promise<RpcResponse> => {
    const headers = { "content-type": "application/json" };
    return (
      await fetch(target, { method: "POST", headers, body: JSON.stringify(body) })
    ).json() as Promise<RpcResponse>;
  };
  const one = async (request: RpcRequest): Promise<RpcResponse | "drop"> => {
    requests.push(request);
    const key = rules.has(request.method) ? request.method : "*";
    const rule = rules.get(key);
    if (!rule) return forward(request);
    if (--rule.left <= 0) rules.delete(key);
    return rule.fault(request, () => forward(request));
  };
  const server = createServer(async (request, response) => {
    try {
      let text = "";
      for await (const chunk of request.setEncoding("utf8")) text += chunk;
      if (http) {
        response.writeHead(http.status).end(http.body);
        return;
      }
      const body = JSON.parse(text) as RpcRequest | RpcRequest[];
      const answers = await Promise.all((Array.isArray(body) ? body : [body]).map(one));
      if (answers.includes("drop")) response.destroy();
      else json(response, Array.isArray(body) ? answers : answers[0]);
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => close(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    set: (method, fault, times = Number.POSITIVE_INFINITY) => void rules.set(method, { fault, left: times }),
    clear: (method) => (method === undefined ? rules.clear() : void rules.delete(method)),
    httpStatus(status, body = "") {
      http = status === undefined ? undefined : { status, body };
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
