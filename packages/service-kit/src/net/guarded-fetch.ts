import { lookup as systemLookup } from "node:dns/promises";
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { type Allowed, isAllowedAddress } from "./addresses.ts";

/**
 * Talks to a URL that a stranger chose. The name is resolved once, every address it has is checked, and the connection
 * goes to the checked address, so a name that changes its mind cannot lead inside. No redirects, no proxies from the
 * environment, a bounded time and size.
 */

/** The URL must not be asked. Nothing was sent. */
export class UnsafeUrl extends Error {
  override readonly name = "UnsafeUrl";
}

/** Why the other side did not give what was asked for. */
export type FetchFailure =
  | "name" // the host name has no address
  | "connection" // refused, reset or broken
  | "timeout" // no complete answer in time
  | "aborted" // the caller's signal
  | "too_large"
  | "status"
  | "not_json";

/** The other side did not give what was asked for. The message may be shown to anybody. */
export class FetchFailed extends Error {
  override readonly name = "FetchFailed";
  readonly reason: FetchFailure;
  /** False: no connection came about, so the other side cannot have acted. True: it may have. */
  readonly mayHaveArrived: boolean;

  constructor(reason: FetchFailure, message: string, mayHaveArrived: boolean, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.mayHaveArrived = mayHaveArrived;
  }
}

export type GuardedFetchOptions = {
  /** More than public addresses: only in a deployment of one's own. */
  readonly allow: Allowed;
  /** For the whole exchange, resolving the name included; default 3,000. */
  readonly timeoutMs?: number;
  /** Of the answer's body; default 256 KiB. */
  readonly maxBytes?: number;
  /** Default `peaqos`. */
  readonly userAgent?: string;
  readonly signal?: AbortSignal;
  readonly resolve?: (host: string) => Promise<string[]>;
};

export type GuardedRequest = {
  /** Default GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};

export type GuardedAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
};

async function resolveAll(host: string): Promise<string[]> {
  return (await systemLookup(host, { all: true, verbatim: true })).map((entry) => entry.address);
}

/** @returns the address to connect to. @throws UnsafeUrl, FetchFailed */
async function checkedAddress(host: string, options: GuardedFetchOptions): Promise<string> {
  const addresses = isIP(host) > 0 ? [host] : await (options.resolve ?? resolveAll)(host);
  const [first] = addresses;
  if (first === undefined) throw new FetchFailed("name", "the host name has no address", false);
  if (!addresses.every((address) => isAllowedAddress(address, options.allow)))
    throw new UnsafeUrl(
      `the URL leads to an address that is not public${options.allow === "loopback" ? " and not this machine's own" : ""}`,
    );
  return first;
}

function checkedUrl(text: string): URL {
  if (text.length > 2_048 || !URL.canParse(text)) throw new UnsafeUrl("not a URL");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new UnsafeUrl("not an http or https URL");
  if (url.username !== "" || url.password !== "") throw new UnsafeUrl("the URL holds credentials");
  return url;
}

/**
 * One exchange with a stranger's server, whatever status it answers with.
 *
 * @throws UnsafeUrl, FetchFailed with a text that may be shown to anybody.
 * @example
 * const { status, body } = await guardedFetch(url, { allow: "public", timeoutMs: 5_000 }, { method: "POST", body: "{}" });
 */
export async function guardedFetch(
  text: string,
  options: GuardedFetchOptions,
  request: GuardedRequest = {},
): Promise<GuardedAnswer> {
  const url = checkedUrl(text);
  const exchange = { arrived: false };
  const { promise: ended, reject: end } = Promise.withResolvers<never>();
  // Without a listener an end that nobody waits for any more would be an unhandled rejection.
  ended.catch(() => undefined);
  const abort = new AbortController();
  const stop = (reason: FetchFailure, message: string) => {
    end(new FetchFailed(reason, message, exchange.arrived));
    abort.abort();
  };
  const timer = setTimeout(() => stop("timeout", "no answer in time"), options.timeoutMs ?? 3_000);
  const onAbort = () => stop("aborted", "given up");
  options.signal?.addEventListener("abort", onAbort, { once: true });
  if (options.signal?.aborted) onAbort();
  try {
    return await Promise.race([exchangeWith(url, options, request, abort.signal, exchange), ended]);
  } catch (error) {
    // Only here: what is complete has nothing to give up, and an abort costs more than a small exchange.
    abort.abort();
    if (error instanceof UnsafeUrl || error instanceof FetchFailed) throw error;
    throw new FetchFailed("connection", "the connection failed", exchange.arrived, { cause: error });
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

async function exchangeWith(
  url: URL,
  options: GuardedFetchOptions,
  request: GuardedRequest,
  signal: AbortSignal,
  exchange: { arrived: boolean },
): Promise<GuardedAnswer> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const address = await checkedAddress(host, options);
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<GuardedAnswer>();
  const secure = url.protocol === "https:";
  const body = typeof request.body === "string" ? Buffer.from(request.body) : request.body;
  const outgoing = (secure ? httpsRequest : httpRequest)(
    {
      // The checked address, never the name: nothing is resolved a second time.
      host: address,
      port: url.port === "" ? (secure ? 443 : 80) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      method: request.method ?? "GET",
      headers: {
        accept: "application/json",
        "user-agent": options.userAgent ?? "peaqos",
        ...(body === undefined ? {} : { "content-length": String(body.byteLength) }),
        ...request.headers,
        host: url.host,
      },
      ...(isIP(host) > 0 ? {} : { servername: host }),
      agent: false,
      signal,
    },
    (incoming) => {
      collect(incoming, options.maxBytes ?? 256 * 1024).then(resolve, (error: unknown) => {
        outgoing.destroy();
        reject(error);
      });
    },
  );
  outgoing.on("socket", (socket) =>
    socket.once(secure ? "secureConnect" : "connect", () => {
      exchange.arrived = true;
    }),
  );
  outgoing.on("error", reject);
  outgoing.end(body);
  return promise;
}

async function collect(incoming: IncomingMessage, maxBytes: number): Promise<GuardedAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes)
      throw new FetchFailed("too_large", `the answer is larger than ${maxBytes} bytes`, true);
    chunks.push(chunk);
  }
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks) };
}

/**
 * A JSON object from a stranger's URL.
 *
 * @throws UnsafeUrl, FetchFailed, also for another status than 200 and for anything that is not a JSON object.
 */
export async function fetchObject(
  text: string,
  options: GuardedFetchOptions,
): Promise<Record<string, unknown>> {
  const { status, body } = await guardedFetch(text, options);
  if (status !== 200) throw new FetchFailed("status", `the server answered ${status}`, true);
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new FetchFailed("not_json", "the answer is not JSON", true, { cause: error });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new FetchFailed("not_json", "the answer is not a JSON object", true);
  return value as Record<string, unknown>;
}
