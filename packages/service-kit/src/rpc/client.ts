import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

/**
 * A small JSON-RPC client for bulk reading: batches, kept connections, bounded waits, and errors that say whether
 * asking again can help. Values stay as the node's hex text; decoding is the caller's.
 */

/** The node answered this call with an error. */
export class RpcCallError extends Error {
  override readonly name = "RpcCallError";
  readonly code: number;
  readonly data: unknown;

  constructor(method: string, code: number, message: string, data: unknown) {
    super(`${method}: ${message} (${code})`);
    this.code = code;
    this.data = data;
  }
}

/** No usable answer: connection, HTTP status, time-out, or an answer that makes no sense. Asking again can help. */
export class RpcUnavailable extends Error {
  override readonly name = "RpcUnavailable";
  /** HTTP status, 0 when there was none. */
  readonly status: number;

  constructor(message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status ?? 0;
  }
}

export type RpcRequest = { readonly method: string; readonly params: readonly unknown[] };

export type RpcClient = {
  /** One call. @throws RpcCallError, RpcUnavailable */
  call<T>(method: string, params: readonly unknown[]): Promise<T>;
  /** Answers in the order of the requests; a failed one is an error in its place. @throws RpcUnavailable */
  batch(requests: readonly RpcRequest[]): Promise<(unknown | RpcCallError)[]>;
  close(): void;
};

export type RpcOptions = {
  readonly url: string;
  readonly timeoutMs?: number;
  /** Calls in one HTTP request at most. */
  readonly maxBatch?: number;
  /** HTTP requests at the same time at most. */
  readonly parallel?: number;
};

type Reply = { id?: unknown; result?: unknown; error?: { code?: number; message?: string; data?: unknown } };

/** Answers larger than this are refused instead of filling the memory. */
const maxAnswerBytes = 256 * 1024 * 1024;

export function createRpcClient(options: RpcOptions): RpcClient {
  const url = new URL(options.url);
  const secure = url.protocol === "https:";
  const send = secure ? httpsRequest : httpRequest;
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets: options.parallel ?? 4 });
  const timeoutMs = options.timeoutMs ?? 10_000;
  let maxBatch = options.maxBatch ?? 100;
  const authorization =
    url.username === ""
      ? {}
      : {
          authorization: `Basic ${btoa(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`)}`,
        };
  const target: RequestOptions = {
    method: "POST",
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    agent,
  };
  let lastId = 0;

  function post(body: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const fail = (cause: unknown) =>
      reject(
        cause instanceof RpcUnavailable ? cause : new RpcUnavailable("no answer from the RPC", { cause }),
      );
    const outgoing = send(
      {
        ...target,
        headers: {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(body),
          ...authorization,
        },
      },
      (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > maxAnswerBytes) outgoing.destroy(new RpcUnavailable("the RPC's answer is too large"));
          else chunks.push(chunk);
        });
        incoming.on("error", fail);
        incoming.on("end", () => {
          clearTimeout(timer);
          const status = incoming.statusCode ?? 0;
          const text = Buffer.concat(chunks).toString("latin1");
          // Some nodes answer errors of a call with a status of 400: the body decides then.
          if (status >= 500 || status === 429 || status === 401 || status === 403 || status === 404)
            reject(new RpcUnavailable(`the RPC answered HTTP ${status}`, { status }));
          else resolve(text);
        });
      },
    );
    const timer = setTimeout(
      () => outgoing.destroy(new RpcUnavailable(`the RPC did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    outgoing.on("error", (error) => {
      clearTimeout(timer);
      fail(error);
    });
    outgoing.end(body);
    return promise;
  }

  function parse(text: string): unknown {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new RpcUnavailable("the RPC's answer is not JSON", { cause });
    }
  }

  function outcome(method: string, reply: Reply | undefined): unknown | RpcCallError {
    if (typeof reply !== "object" || reply === null) throw new RpcUnavailable(`no answer to ${method}`);
    if (reply.error !== undefined && reply.error !== null)
      return new RpcCallError(
        method,
        reply.error.code ?? 0,
        reply.error.message ?? "no text",
        reply.error.data,
      );
    if (!("result" in reply)) throw new RpcUnavailable(`neither result nor error for ${method}`);
    return reply.result;
  }

  async function single({ method, params }: RpcRequest): Promise<unknown | RpcCallError> {
    const reply = parse(await post(JSON.stringify({ jsonrpc: "2.0", id: ++lastId, method, params })));
    return outcome(method, reply as Reply);
  }

  async function several(requests: readonly RpcRequest[]): Promise<(unknown | RpcCallError)[]> {
    if (requests.length === 0) return [];
    if (requests.length === 1 || maxBatch === 1) return Promise.all(requests.map(single));
    const first = lastId + 1;
    lastId += requests.length;
    const replies = parse(
      await post(
        JSON.stringify(
          requests.map(({ method, params }, i) => ({ jsonrpc: "2.0", id: first + i, method, params })),
        ),
      ),
    );
    if (!Array.isArray(replies)) {
      const refusal = outcome("batch", replies as Reply);
      // One error for the whole batch: too long for this node, or batches are not offered at all.
      if (refusal instanceof RpcCallError) {
        maxBatch = Math.max(1, Math.floor(requests.length / 4));
        return batch(requests);
      }
      throw new RpcUnavailable("the RPC answered a batch with something else");
    }
    const byId = new Map((replies as Reply[]).map((reply) => [reply?.id, reply]));
    return requests.map(({ method }, i) => outcome(method, byId.get(first + i)));
  }

  async function batch(requests: readonly RpcRequest[]): Promise<(unknown | RpcCallError)[]> {
    if (requests.length <= maxBatch) return several(requests);
    const parts: Promise<(unknown | RpcCallError)[]>[] = [];
    for (let i = 0; i < requests.length; i += maxBatch) parts.push(several(requests.slice(i, i + maxBatch)));
    return (await Promise.all(parts)).flat();
  }

  return {
    async call<T>(method: string, params: readonly unknown[]): Promise<T> {
      const result = await single({ method, params });
      if (result instanceof RpcCallError) throw result;
      return result as T;
    },
    batch,
    close: () => agent.destroy(),
  };
}
