import { Buffer } from "node:buffer";
import { Agent, type IncomingHttpHeaders, request, type ServerResponse } from "node:http";
import type { JsonRpcResponse } from "./rpc.ts";
import { RpcFailure } from "./rpc.ts";

/** The node behind the gateway, spoken to over kept-alive HTTP. */
export type Upstream = {
  call<T = unknown>(method: string, params?: readonly unknown[]): Promise<T>;
  /** Calls in one request; answers stand in the order of the calls. */
  batch(
    calls: readonly (readonly [method: string, params: readonly unknown[]])[],
  ): Promise<JsonRpcResponse[]>;
  /** Sends the bytes and streams the answer's bytes to the client: nothing is decoded on the way. */
  pipe(body: Buffer, response: ServerResponse, headers: Record<string, string>): void;
  close(): void;
};

const DOWN = "the node does not answer (it ended or is overloaded); see logs/anvil.log in the data directory";

export function connectUpstream(port: number): Upstream {
  const agent = new Agent({ keepAlive: true, maxSockets: 64, scheduling: "lifo" });

  function post(body: string | Buffer): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const req = request(
        { host: "127.0.0.1", port, method: "POST", agent, headers: headersFor(Buffer.byteLength(body)) },
        (res) => {
          const chunks: Buffer[] = [];
          res.on("data", (chunk: Buffer) => chunks.push(chunk));
          res.on("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)));
          res.on("error", reject);
        },
      );
      req.on("error", (cause) =>
        reject(new RpcFailure({ code: -32603, message: `${DOWN}: ${cause.message}` })),
      );
      req.end(body);
    });
  }

  return {
    async call<T>(method: string, params: readonly unknown[] = []): Promise<T> {
      const answer = await post(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
      const parsed = JSON.parse(answer.toString("utf8")) as JsonRpcResponse;
      if (parsed.error) throw new RpcFailure(parsed.error);
      return parsed.result as T;
    },
    async batch(calls) {
      if (calls.length === 0) return [];
      const body = calls.map(([method, params], id) => ({ jsonrpc: "2.0", id, method, params }));
      const answers = JSON.parse((await post(JSON.stringify(body))).toString("utf8")) as JsonRpcResponse[];
      const byId = new Map(answers.map((answer) => [answer.id, answer]));
      return calls.map(
        (_, id) =>
          byId.get(id) ?? { jsonrpc: "2.0", id, error: { code: -32603, message: "no answer from the node" } },
      );
    },
    pipe(body, response, headers) {
      const req = request(
        { host: "127.0.0.1", port, method: "POST", agent, headers: headersFor(body.length) },
        (res) => {
          response.writeHead(res.statusCode ?? 502, { ...headers, ...length(res.headers) });
          res.pipe(response);
        },
      );
      req.on("error", (cause) => {
        if (response.headersSent) return response.destroy();
        const error = { code: -32603, message: `${DOWN}: ${cause.message}` };
        response.writeHead(502, headers).end(JSON.stringify({ jsonrpc: "2.0", id: null, error }));
      });
      response.on("close", () => {
        if (!response.writableFinished) req.destroy();
      });
      req.end(body);
    },
    close: () => agent.destroy(),
  };
}

function headersFor(bytes: number): Record<string, string | number> {
  return { "content-type": "application/json", "content-length": bytes };
}

function length(headers: IncomingHttpHeaders): Record<string, string> {
  return headers["content-length"] ? { "content-length": headers["content-length"] } : {};
}
