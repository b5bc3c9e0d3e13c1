import { lookup as systemLookup } from "node:dns/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { type Allowed, isAllowedAddress } from "./addresses.ts";

/**
 * Reads a JSON object from a URL that a stranger chose. The name is resolved once, every address it has is checked,
 * and the connection goes to the checked address, so a name that changes its mind cannot lead inside. No redirects,
 * no proxies from the environment, a bounded time and size.
 */

export class UnsafeUrl extends Error {
  override readonly name = "UnsafeUrl";
}

/** The other side did not give what was asked for. */
export class FetchFailed extends Error {
  override readonly name = "FetchFailed";
}

export type GuardedFetchOptions = {
  /** More than public addresses: only in a deployment of one's own. */
  readonly allow: Allowed;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly resolve?: (host: string) => Promise<string[]>;
};

async function resolveAll(host: string): Promise<string[]> {
  return (await systemLookup(host, { all: true, verbatim: true })).map((entry) => entry.address);
}

/** @returns the address to connect to. @throws UnsafeUrl, FetchFailed */
async function checkedAddress(host: string, options: GuardedFetchOptions): Promise<string> {
  const addresses = isIP(host) > 0 ? [host] : await (options.resolve ?? resolveAll)(host);
  const [first] = addresses;
  if (first === undefined) throw new FetchFailed("the host name has no address");
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

/** @throws UnsafeUrl, FetchFailed with a text that may be shown to anybody. */
export async function fetchObject(
  text: string,
  options: GuardedFetchOptions,
): Promise<Record<string, unknown>> {
  const url = checkedUrl(text);
  const { promise: deadline, reject: expire } = Promise.withResolvers<never>();
  const abort = new AbortController();
  const timer = setTimeout(() => {
    expire(new FetchFailed("no answer in time"));
    abort.abort();
  }, options.timeoutMs ?? 3_000);
  try {
    const body = await Promise.race([read(url, options, abort.signal), deadline]);
    const value: unknown = JSON.parse(body);
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new FetchFailed("the answer is not a JSON object");
    return value as Record<string, unknown>;
  } catch (error) {
    if (error instanceof UnsafeUrl || error instanceof FetchFailed) throw error;
    throw new FetchFailed(error instanceof SyntaxError ? "the answer is not JSON" : "the connection failed", {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

async function read(url: URL, options: GuardedFetchOptions, signal: AbortSignal): Promise<string> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const address = await checkedAddress(host, options);
  const maxBytes = options.maxBytes ?? 256 * 1024;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const send = url.protocol === "https:" ? httpsRequest : httpRequest;
  const outgoing = send(
    {
      // The checked address, never the name: nothing is resolved a second time.
      host: address,
      port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, accept: "application/json", "user-agent": "peaqos-rating" },
      ...(isIP(host) > 0 ? {} : { servername: host }),
      agent: false,
      signal,
    },
    (incoming) => {
      if (incoming.statusCode !== 200) {
        outgoing.destroy();
        reject(new FetchFailed(`the server answered ${incoming.statusCode}`));
        return;
      }
      const chunks: Buffer[] = [];
      let size = 0;
      incoming.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxBytes) {
          outgoing.destroy();
          reject(new FetchFailed(`the answer is larger than ${maxBytes} bytes`));
        } else chunks.push(chunk);
      });
      incoming.on("error", reject);
      incoming.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
    },
  );
  outgoing.on("error", reject);
  outgoing.end();
  return promise;
}
