import type { JsonValue } from "@peaqos/protocol";
import { ApiError, type ApiErrorOptions } from "../errors/runtime.ts";
import { USER_AGENT } from "../version.ts";
import { readText } from "./read-text.ts";

/** Where the rating API is and how long it may take. */
export type HttpApi = {
  /** Base URL without trailing slashes. */
  readonly baseUrl: string;
  readonly timeoutMs: number;
  readonly fetch?: typeof fetch;
};

export type GetOptions = {
  readonly query?: Record<string, string | number | bigint | undefined>;
  readonly signal?: AbortSignal;
};

/** `base`, path and query joined; slashes at the end of the base do not matter. */
export function buildUrl(base: string, path: string, query: GetOptions["query"] = {}): string {
  const pairs = Object.entries(query).filter((pair) => pair[1] !== undefined);
  const search = new URLSearchParams(
    pairs.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return `${base.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}${search === "" ? "" : `?${search}`}`;
}

/**
 * One GET that answers JSON; integers beyond 2^53 come back as bigint.
 *
 * @throws ApiError `NOT_FOUND` (404), `SERVICE_UNAVAILABLE` (503), `SERVER_ERROR` (other 5xx), `HTTP_ERROR` (other
 * 4xx), `BAD_RESPONSE` (no JSON), `TIMEOUT`, `NETWORK_ERROR`.
 */
export async function getJson(api: HttpApi, path: string, options: GetOptions = {}): Promise<JsonValue> {
  const url = buildUrl(api.baseUrl, path, options.query);
  const timeout = AbortSignal.timeout(api.timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  let status: number;
  let text: string;
  try {
    const response = await (api.fetch ?? fetch)(url, { signal, headers: requestHeaders() });
    status = response.status;
    text = await readText(
      response,
      (maxBytes) =>
        new ApiError(`The answer of ${originOf(url)} is larger than ${maxBytes} bytes.`, {
          code: "BAD_RESPONSE",
          status: response.status,
        }),
    );
  } catch (error) {
    if (error instanceof ApiError) throw error;
    if (options.signal?.aborted) throw options.signal.reason;
    if (timeout.aborted)
      throw new ApiError(
        `The rating service at ${originOf(url)} did not answer within ${api.timeoutMs / 1000} s.`,
        {
          code: "TIMEOUT",
          retryable: true,
        },
      );
    throw new ApiError(`Cannot reach the rating service at ${originOf(url)}.`, {
      code: "NETWORK_ERROR",
      retryable: true,
      hint: "Check apiUrl (PEAQOS_MCR_API_URL) and that the service runs.",
    });
  }
  const { parseJson } = await import("@peaqos/protocol");
  let body: JsonValue | undefined;
  try {
    body = parseJson(text);
  } catch {
    body = undefined;
  }
  if (status >= 400) throw httpError(status, path, body);
  if (body === undefined)
    throw new ApiError(`The rating service at ${originOf(url)} did not answer JSON (HTTP ${status}).`, {
      code: "BAD_RESPONSE",
      status,
      hint: "Check that apiUrl (PEAQOS_MCR_API_URL) is the rating service.",
    });
  return body;
}

function httpError(status: number, path: string, body: JsonValue | undefined): ApiError {
  const detail = detailOf(body);
  const options = (code: string, retryable: boolean): ApiErrorOptions => ({
    code,
    status,
    retryable,
    ...(detail !== undefined && { detail }),
  });
  const ending = detail === undefined ? "." : `: ${detail}.`;
  const what = `${path} answered HTTP ${status}`;
  if (status === 404) return new ApiError(`Not found: ${what}${ending}`, options("NOT_FOUND", false));
  if (status === 503)
    return new ApiError(`Service unavailable: ${what}${ending}`, options("SERVICE_UNAVAILABLE", true));
  if (status >= 500) return new ApiError(`Server error: ${what}${ending}`, options("SERVER_ERROR", true));
  return new ApiError(`Request refused: ${what}${ending}`, options("HTTP_ERROR", status === 429));
}

function detailOf(body: JsonValue | undefined): string | undefined {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return undefined;
  return typeof body.detail === "string" ? body.detail.replace(/\.$/, "").slice(0, 500) : undefined;
}

/** Browsers set their own user agent and would turn a foreign one into a preflight request. */
function requestHeaders(): Record<string, string> {
  const inBrowser = typeof globalThis === "object" && "document" in globalThis;
  return inBrowser
    ? { accept: "application/json" }
    : { accept: "application/json", "user-agent": USER_AGENT };
}

function originOf(url: string): string {
  try {
    return new URL(url).origin;
  } catch {
    return "the configured URL";
  }
}
