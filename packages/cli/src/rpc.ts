import type { IncomingMessage } from "node:http";
import { CliError, networkError } from "./engine/errors.ts";

export type RpcOptions = { readonly timeoutMs?: number };

/** An answer that is an error object of the node. */
export class RpcAnswerError extends CliError {
  constructor(method: string, code: number, message: string) {
    super({
      kind: "network",
      code: "RPC_ERROR",
      message: `The node refuses ${method}: ${message}`,
      value: String(code),
      rule: "the node behind PEAQOS_RPC_URL has to answer this call",
      next: "check PEAQOS_RPC_URL and its key; `peaqos doctor` looks at every setting",
    });
  }
}

/**
 * One JSON-RPC call over `node:http`, for commands that need a single answer: loading a full client would cost more
 * than the call. Throws a network error (exit 2) that names the address and the cause.
 */
export async function rpc(
  url: string,
  method: string,
  params: readonly unknown[] = [],
  options: RpcOptions = {},
): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  const answer = await request(url, "PEAQOS_RPC_URL", { method: "POST", body, ...options });
  const shown = hideCredentials(url);
  let parsed: { result?: unknown; error?: { code?: number; message?: string } };
  try {
    parsed = JSON.parse(answer.text);
  } catch {
    throw networkError({
      code: "NOT_JSON_RPC",
      message: `${shown} does not speak JSON-RPC (HTTP ${answer.status})`,
      value: answer.text.slice(0, 60),
      rule: "PEAQOS_RPC_URL must lead to an Ethereum JSON-RPC endpoint",
      next: "check PEAQOS_RPC_URL; `peaqos doctor` looks at every setting",
    });
  }
  if (parsed !== null && typeof parsed === "object" && parsed.error) {
    throw new RpcAnswerError(
      method,
      parsed.error.code ?? 0,
      parsed.error.message ?? "error without a message",
    );
  }
  if (parsed === null || typeof parsed !== "object" || !("result" in parsed)) {
    throw networkError({
      code: "NOT_JSON_RPC",
      message: `${shown} does not speak JSON-RPC (HTTP ${answer.status})`,
      value: answer.text.slice(0, 60),
      rule: "PEAQOS_RPC_URL must lead to an Ethereum JSON-RPC endpoint",
      next: "check PEAQOS_RPC_URL; `peaqos doctor` looks at every setting",
    });
  }
  return parsed.result;
}

export type HttpAnswer = { readonly status: number; readonly text: string };

export async function request(
  url: string,
  variable: string,
  options: {
    method?: "GET" | "POST";
    body?: string;
    timeoutMs?: number;
    headers?: Readonly<Record<string, string>>;
  } = {},
): Promise<HttpAnswer> {
  const { timeoutMs = 30_000 } = options;
  // Not imported: an ES import of node:http also builds its WebSocket and with it all of undici (30 ms).
  const { request: send } = process.getBuiltinModule(url.startsWith("https:") ? "node:https" : "node:http");
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(unreachable(url, variable, error, timeoutMs));
    const call = send(
      url,
      {
        method: options.method ?? "GET",
        agent: false,
        headers: {
          accept: "application/json",
          "user-agent": "peaq-os-cli",
          ...options.headers,
          ...(options.body === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(options.body) }),
        },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response: IncomingMessage) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > 5_000_000) call.destroy(new Error("the answer is longer than 5 MB"));
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
        response.on("error", fail);
      },
    );
    call.on("error", fail);
    call.end(options.body);
  });
}

function unreachable(url: string, variable: string, error: NodeJS.ErrnoException, timeoutMs: number) {
  const timedOut = error.name === "TimeoutError" || error.name === "AbortError";
  const causes: Record<string, string> = {
    ECONNREFUSED: "nothing listens there",
    ENOTFOUND: "the host name is unknown",
    EAI_AGAIN: "the host name could not be looked up",
    ECONNRESET: "the other side closed the connection",
    EPROTO: "it does not speak TLS there (https)",
    CERT_HAS_EXPIRED: "its certificate has expired",
    DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed",
    EHOSTUNREACH: "there is no way to that host",
    ENETUNREACH: "there is no network",
  };
  const cause = timedOut
    ? `no answer within ${timeoutMs / 1000} s`
    : (causes[error.code ?? ""] ?? error.message);
  const next = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])/.test(url)
    ? `start the local stack (\`npm start\` in the peaqOS clone), or correct ${variable}`
    : `check ${variable} and the network`;
  return networkError({
    code: timedOut ? "TIMEOUT" : "UNREACHABLE",
    message: `Cannot reach ${hideCredentials(url)}: ${cause}`,
    value: hideCredentials(url),
    rule: `${variable} must be reachable`,
    next,
    cause: error,
  });
}

/** A URL without user, password and query, which may hold keys of a provider. */
export function hideCredentials(url: string): string {
  try {
    const parsed = new URL(url);
    if (parsed.host === "") return hideInText(url);
    if (parsed.username !== "" || parsed.password !== "") {
      parsed.username = "***";
      parsed.password = "";
    }
    if (parsed.search !== "") parsed.search = "?***";
    return parsed.toString().replace(/\/$/, url.endsWith("/") ? "/" : "");
  } catch {
    return hideInText(url);
  }
}

/** No address, but it may have been meant as one. */
function hideInText(text: string): string {
  return text.replace(/^(.*\/\/|[^/?]*:)?[^/?@]*@/, "$1***@").replace(/\?.*$/s, "?***");
}
