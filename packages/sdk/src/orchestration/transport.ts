import { readText } from "../http/read-text.ts";
import { USER_AGENT } from "../version.ts";
import type { OrchestrationApi } from "./api.ts";
import {
  DEFAULT_READ_TIMEOUT_MS,
  DEFAULT_WRITE_TIMEOUT_MS,
  HEADER_AGENT_PAIRING_TOKEN,
  HEADER_API_KEY,
  HEADER_IDEMPOTENCY_KEY,
} from "./constants.ts";
import { assertErrorResponse } from "./envelopes.ts";
import { OrchestrationApiError, OrchestrationNetworkError } from "./errors.ts";
import { sanitizeBody } from "./redact.ts";

/** Settings of a single call; the last argument of every method. Ours. */
export type RequestOptions = {
  /** Ends the call; it then throws the signal's reason. A write may have happened all the same. */
  readonly signal?: AbortSignal;
  /** Time for one attempt, in milliseconds. Default 30,000 for reads, 60,000 for writes. */
  readonly timeoutMs?: number;
  /** The same key makes a repeated write the same write. Default: a new one for each call. */
  readonly idempotencyKey?: string;
  /** Further attempts after a failure that may pass. Default: the client's `orchestrationMaxRetries`, 0. */
  readonly maxRetries?: number;
};

/** One request, ready to go. */
export type WireRequest = {
  readonly method: string;
  readonly url: string;
  readonly auth:
    | { readonly kind: "platform" }
    | { readonly kind: "pairing"; readonly token: string }
    | { readonly kind: "none" };
  /** Absent: no body is sent. */
  readonly body?: unknown;
  /** A write that carries an `Idempotency-Key`. */
  readonly idempotent: boolean;
  /** Codes that may pass by themselves. */
  readonly retryable: (code: string, statusCode: number) => boolean;
};

const longestWaitMs = 30_000;

/**
 * Sends and reads one answer; repeats it only when asked to, and only what is safe to repeat: reads, and writes under
 * one and the same key.
 *
 * @returns the parsed JSON, or undefined for 204.
 * @throws OrchestrationApiError, OrchestrationNetworkError, or the signal's reason.
 */
export async function send(
  api: OrchestrationApi,
  request: WireRequest,
  options: RequestOptions = {},
): Promise<unknown> {
  const key = request.idempotent ? (options.idempotencyKey ?? api.newKey()) : undefined;
  const retries = options.maxRetries ?? api.maxRetries;
  for (let attempt = 0; ; attempt++) {
    const failure = await attemptOnce(api, request, options, key).catch((error: unknown) => {
      if (attempt >= retries || !mayPass(error, request)) throw error;
      return error as { retryAfterMs?: number };
    });
    if (failure instanceof Answer) return failure.data;
    const backoff = 250 * 2 ** attempt * (0.5 + api.random() / 2);
    await api.wait(Math.min(failure.retryAfterMs ?? backoff, longestWaitMs), options.signal);
  }
}

class Answer {
  readonly data: unknown;
  constructor(data: unknown) {
    this.data = data;
  }
}

function mayPass(error: unknown, request: WireRequest): boolean {
  if (!request.idempotent && request.method !== "GET") return false;
  if (error instanceof OrchestrationNetworkError) return true;
  return error instanceof OrchestrationApiError && error.retryable;
}

async function attemptOnce(
  api: OrchestrationApi,
  request: WireRequest,
  options: RequestOptions,
  key: string | undefined,
): Promise<Answer> {
  const reading = request.method === "GET";
  const timeoutMs = options.timeoutMs ?? (reading ? DEFAULT_READ_TIMEOUT_MS : DEFAULT_WRITE_TIMEOUT_MS);
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
  const { stringifyJson, parseJson } = await import("@peaqos/protocol");
  const body = request.body === undefined ? undefined : stringifyJson(request.body);
  let response: Response;
  let text: string;
  try {
    response = await (api.fetch ?? fetch)(request.url, {
      method: request.method,
      headers: headersOf(api, request, key),
      // A redirect would carry the key or token to another address.
      redirect: "manual",
      signal,
      ...(body !== undefined && { body }),
    });
    text = await readText(
      response,
      (maxBytes) => new RangeError(`the answer is larger than ${maxBytes} bytes`),
    );
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    throw networkError(request, error, timeout.aborted ? timeoutMs : undefined, key);
  }
  if (response.status === 204) return new Answer(undefined);
  let data: unknown;
  try {
    data = parseJson(text);
  } catch {
    data = undefined;
  }
  if (response.status >= 400) throw apiError(request, response, data);
  const redirected = response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400);
  if (redirected || data === undefined || data === null)
    throw badResponse(request, response.status, redirected ? "a redirect, which is not followed" : "no JSON");
  return new Answer(data);
}

function headersOf(
  api: OrchestrationApi,
  request: WireRequest,
  key: string | undefined,
): Record<string, string> {
  // Browsers set a user agent of their own and would turn a foreign one into a preflight request.
  const inBrowser = typeof globalThis === "object" && "document" in globalThis;
  const apiKey = request.auth.kind === "platform" ? api.apiKey() : undefined;
  return {
    accept: "*/*",
    "content-type": "application/json",
    ...(!inBrowser && { "user-agent": USER_AGENT }),
    ...(apiKey !== undefined && { [HEADER_API_KEY]: apiKey }),
    ...(request.auth.kind === "pairing" && { [HEADER_AGENT_PAIRING_TOKEN]: request.auth.token }),
    ...(key !== undefined && { [HEADER_IDEMPOTENCY_KEY]: key }),
  };
}

function apiError(request: WireRequest, response: Response, data: unknown): OrchestrationApiError {
  const { status } = response;
  try {
    assertErrorResponse(data);
  } catch {
    return badResponse(request, status, "an error without the agreed body", retryAfterOf(response));
  }
  const { code, message, details, requestId } = data.error;
  const error = new OrchestrationApiError(
    message === "" ? `The market answered ${code} (HTTP ${status}).` : message,
    {
      code,
      statusCode: status,
      details,
      retryable: request.retryable(code, status),
      ...(typeof requestId === "string" && { requestId }),
    },
  );
  return withRetryAfter(error, retryAfterOf(response));
}

function badResponse(
  request: WireRequest,
  status: number,
  what: string,
  retryAfterMs?: number,
): OrchestrationApiError {
  const { host } = new URL(request.url);
  const error = new OrchestrationApiError(`The market at ${host} answered HTTP ${status} with ${what}.`, {
    code: "BAD_RESPONSE",
    statusCode: status,
    details: sanitizeBody(request.body),
    retryable: status === 429 || status === 502 || status === 503 || status === 504,
    hint: "Check that orchestrationUrl (PEAQOS_ORCHESTRATION_URL) is the market.",
  });
  return withRetryAfter(error, retryAfterMs);
}

function networkError(
  request: WireRequest,
  cause: unknown,
  timedOutAfterMs: number | undefined,
  key: string | undefined,
): OrchestrationNetworkError {
  const { host } = new URL(request.url);
  const write = key === undefined ? "" : " Whether the write happened is unknown.";
  return new OrchestrationNetworkError(
    timedOutAfterMs === undefined
      ? `Cannot reach the market at ${host}.${write}`
      : `The market at ${host} did not answer within ${timedOutAfterMs / 1000} s.${write}`,
    {
      code: timedOutAfterMs === undefined ? "NETWORK_ERROR" : "TIMEOUT",
      cause,
      hint:
        key === undefined
          ? "Check orchestrationUrl (PEAQOS_ORCHESTRATION_URL) and that the market runs."
          : "Repeat the call with this error's idempotencyKey.",
      ...(key !== undefined && { idempotencyKey: key }),
    },
  );
}

/** Not part of the error's fields: only the next attempt needs it. */
function withRetryAfter<T extends object>(error: T, retryAfterMs: number | undefined): T {
  if (retryAfterMs !== undefined) Object.defineProperty(error, "retryAfterMs", { value: retryAfterMs });
  return error;
}

function retryAfterOf(response: Response): number | undefined {
  const seconds = response.headers.get("retry-after");
  return seconds !== null && /^\d{1,5}$/.test(seconds) ? Number(seconds) * 1000 : undefined;
}
