import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Hex } from "viem";
import { callParams, isBatchPrecompile } from "./batch-precompile.ts";
import type { ChainClock } from "./clock.ts";
import { ADMIN_HEADER, adminRefused, classify } from "./methods.ts";
import type { BlockProducer } from "./producer.ts";
import { rawTransactionTarget, senderOf } from "./raw-transaction.ts";
import type { JsonRpcId, JsonRpcRequest, JsonRpcResponse } from "./rpc.ts";
import { failure, RpcFailure, success } from "./rpc.ts";
import type { Upstream } from "./upstream.ts";

export type GatewayOptions = {
  port: number;
  upstream: Upstream;
  producer: BlockProducer;
  clock: ChainClock;
  adminFlag: string;
  admin: (method: string, params: unknown[]) => Promise<unknown>;
};

export type Gateway = { port: number; stop(): Promise<void> };

const MAX_BODY = 32 * 1024 * 1024;

const HEADERS = {
  "content-type": "application/json",
  "access-control-allow-origin": "*",
} as const;

/** The devnet's JSON-RPC endpoint: the only way to the node. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const sockets = new Set<Socket>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    receive(options, request, response);
  });
  server.on("connection", (socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await listen(server, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve());
  });
}

function receive(options: GatewayOptions, request: IncomingMessage, response: ServerResponse): void {
  if (request.method === "OPTIONS") {
    response.writeHead(204, {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": `content-type, ${ADMIN_HEADER}`,
      "access-control-max-age": "86400",
    });
    response.end();
    return;
  }
  if (request.method !== "POST") {
    response.writeHead(405, { ...HEADERS, allow: "POST, OPTIONS" });
    response.end(refusal(-32600, `this is a JSON-RPC endpoint: send a POST, not a ${request.method}`));
    return;
  }
  const chunks: Buffer[] = [];
  let size = 0;
  request.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size <= MAX_BODY) chunks.push(chunk);
  });
  request.on("error", () => response.destroy());
  request.on("end", () => {
    if (size > MAX_BODY) {
      response.writeHead(413, HEADERS);
      response.end(refusal(-32600, `request of ${size} bytes is larger than the limit of ${MAX_BODY}`));
      return;
    }
    const body = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
    answer(options, body, isAdmin(options, request), response).catch((error) => {
      if (!response.headersSent) response.writeHead(200, HEADERS);
      response.end(JSON.stringify(failure(null, error)));
    });
  });
}

function isAdmin({ adminFlag }: GatewayOptions, request: IncomingMessage): boolean {
  const given = request.headers[ADMIN_HEADER];
  if (typeof given !== "string") return false;
  const a = Buffer.from(given);
  const b = Buffer.from(adminFlag);
  return a.length === b.length && timingSafeEqual(a, b);
}

async function answer(
  options: GatewayOptions,
  body: Buffer,
  admin: boolean,
  response: ServerResponse,
): Promise<void> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch {
    response.writeHead(200, HEADERS);
    response.end(refusal(-32700, "Parse error: the body is not JSON"));
    return;
  }
  const requests = Array.isArray(parsed) ? parsed : [parsed];
  const bad = requests.findIndex((each) => !isRequest(each));
  if (bad >= 0 || requests.length === 0) {
    response.writeHead(200, HEADERS);
    response.end(refusal(-32600, 'Invalid Request: expected { "jsonrpc": "2.0", "id", "method", "params" }'));
    return;
  }
  const work = (requests as JsonRpcRequest[]).map((request) => plan(options, request, admin));
  if (work.every((each) => each === undefined)) return options.upstream.pipe(body, response, HEADERS);

  // Reads that share the body with something else go to the node in one request of their own.
  const reads = requests.filter((_, i) => work[i] === undefined) as JsonRpcRequest[];
  const readAnswers = options.upstream.batch(
    reads.map(({ method, params }) => [method, params ?? []] as const),
  );
  let next = 0;
  const answers = await Promise.all(
    (requests as JsonRpcRequest[]).map(async (request, i): Promise<JsonRpcResponse> => {
      const id = request.id ?? null;
      const task = work[i];
      if (task)
        return task().then(
          (result) => success(id, result),
          (error) => failure(id, error),
        );
      const at = next++;
      return { ...((await readAnswers)[at] as JsonRpcResponse), id };
    }),
  );
  response.writeHead(200, HEADERS);
  response.end(JSON.stringify(Array.isArray(parsed) ? answers : answers[0]));
}

/** What has to be done for a request; undefined when its bytes can go to the node as they are. */
function plan(
  options: GatewayOptions,
  request: JsonRpcRequest,
  admin: boolean,
): (() => Promise<unknown>) | undefined {
  const params = request.params ?? [];
  switch (classify(request.method)) {
    case "read":
      return undefined;
    case "call": {
      const { producer, clock } = options;
      const context = { executor: producer.executor, now: clock.now(), head: producer.head.time };
      const changed = callParams(params, context);
      return changed && (() => options.upstream.call(request.method, changed));
    }
    case "pending":
      return params[0] === "pending" ? () => pendingBlock(options, request.method, params) : undefined;
    case "send":
      return () => sendRaw(options.producer, params[0]);
    case "sendSync":
      return async () =>
        options.upstream.call("eth_getTransactionReceipt", [await sendRaw(options.producer, params[0])]);
    case "none":
      return async () => {
        throw new RpcFailure({ code: -32601, message: `Method not found: ${request.method}` });
      };
    case "admin":
      return async () => {
        if (!admin) throw adminRefused(request.method);
        return options.admin(request.method, params);
      };
  }
}

/** Takes a signed transaction; callers of the batch precompile are found out, for they need lent code. */
export async function sendRaw(producer: BlockProducer, raw: unknown): Promise<Hex> {
  if (typeof raw !== "string" || !/^0x[0-9a-fA-F]+$/.test(raw)) {
    throw new RpcFailure({
      code: -32602,
      message: "expected the signed transaction as hex with 0x in front",
    });
  }
  const batch = producer.executor && isBatchPrecompile(rawTransactionTarget(raw));
  return producer.send(raw as Hex, batch ? await senderOf(raw as Hex) : undefined);
}

/** The node's pending block carries its own idea of the time, which may be a second behind. */
async function pendingBlock(
  { upstream, clock, producer }: GatewayOptions,
  method: string,
  params: unknown[],
) {
  const block = await upstream.call<{ timestamp?: Hex } | null>(method, params);
  if (block?.timestamp === undefined) return block;
  return { ...block, timestamp: `0x${Math.max(clock.now(), producer.head.time).toString(16)}` };
}

function isRequest(value: unknown): value is JsonRpcRequest {
  if (typeof value !== "object" || value === null) return false;
  const { method, params, id } = value as Record<string, unknown>;
  return typeof method === "string" && (params === undefined || Array.isArray(params)) && isId(id);
}

function isId(id: unknown): id is JsonRpcId | undefined {
  return id === undefined || id === null || typeof id === "string" || typeof id === "number";
}

function refusal(code: number, message: string): string {
  return JSON.stringify(failure(null, new RpcFailure({ code, message })));
}
