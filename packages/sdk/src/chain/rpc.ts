import { createClient, http } from "viem";
import { RpcError } from "../errors/runtime.ts";
import { explainFault, type Fault, faultOf } from "./faults.ts";

/** JSON-RPC over HTTP through viem's transport: retries for reads, batches under load, errors of one kind. */
export type RpcOptions = {
  readonly url: string;
  readonly timeoutMs: number;
  /** False where an endpoint refuses JSON-RPC batches. */
  readonly batch: boolean;
  readonly fetch?: typeof fetch;
};

export type RequestOptions = {
  /** A transport failure is tried again this often. Default 2; every method used here may be repeated. */
  readonly retries?: number;
};

/** Above so many requests in flight, further ones travel together. */
const batchFrom = 4;
const batchSize = 100;
const retryDelaysMs = [150, 400, 1000];

/** One JSON-RPC endpoint. */
export class Rpc {
  /** Where the requests go, without path, user and query: those can hold a key. */
  readonly origin: string;
  readonly #single: (args: { method: string; params: unknown }) => Promise<unknown>;
  readonly #batched: (args: { method: string; params: unknown }) => Promise<unknown>;
  #batch: boolean;
  #inFlight = 0;

  constructor(options: RpcOptions) {
    this.origin = new URL(options.url).origin;
    this.#batch = options.batch;
    const common = {
      timeout: options.timeoutMs,
      retryCount: 0,
      ...(options.fetch !== undefined && { fetchFn: options.fetch }),
    };
    this.#single = createClient({ transport: http(options.url, common) }).request as never;
    this.#batched = createClient({
      transport: http(options.url, { ...common, batch: { batchSize, wait: 0 } }),
    }).request as never;
  }

  /**
   * One request.
   * @throws RpcError; a revert carries the contract's error name as code.
   */
  async request<T>(
    method: string,
    params: readonly unknown[] = [],
    options: RequestOptions = {},
  ): Promise<T> {
    try {
      return await this.attempt<T>(method, params, options);
    } catch (error) {
      throw explainFault(error as Fault, { method, origin: this.origin });
    }
  }

  /** Like `request`, but throws the plain fault, for callers that tell cases apart. */
  async attempt<T>(method: string, params: readonly unknown[], options: RequestOptions = {}): Promise<T> {
    const retries = options.retries ?? 2;
    for (let tries = 0; ; tries += 1) {
      this.#inFlight += 1;
      const together = this.#batch && this.#inFlight > batchFrom;
      try {
        const send = together ? this.#batched : this.#single;
        return (await send({ method, params })) as T;
      } catch (error) {
        const fault = faultOf(error);
        // An endpoint that cannot batch answers a batch with something that is no answer: go on one by one.
        if (together && fault.kind === "malformed") this.#batch = false;
        else if (!mayPass(fault) || tries >= retries) throw fault;
      } finally {
        this.#inFlight -= 1;
      }
      await delay(retryDelaysMs[Math.min(tries, retryDelaysMs.length - 1)] as number);
    }
  }
}

/** True for trouble that the next moment may end. A time limit is the caller's patience: it is not spent twice. */
function mayPass({ kind, status = 0 }: Fault): boolean {
  return kind === "refused" || kind === "lost" || (kind === "malformed" && status >= 429);
}

/** Resolves after `ms`; does not keep a Node process alive by itself any longer than a request would. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A JSON-RPC quantity as bigint; an endpoint that answers something else is named. */
export function quantity(value: unknown, what: string): bigint {
  if (typeof value === "string" && /^0x[0-9a-fA-F]+$/.test(value)) return BigInt(value);
  throw new RpcError(`The RPC endpoint answered no number for ${what}.`, {
    code: "RPC_BAD_RESPONSE",
    hint: "Check that the RPC URL belongs to an EVM node.",
  });
}

/** A number as a JSON-RPC quantity. */
export function toQuantity(value: bigint | number): `0x${string}` {
  return `0x${value.toString(16)}`;
}
