import { type Hex, keccak256 } from "viem";
import type { Screen } from "../screen.ts";

/** Calls of the market and transactions, each as lines that can be copied. */
export type Told = { requests: number; transactions: Hex[] };

/**
 * The shell function and variables that the lines below use. `api POST /path -H "$agent" -d '{…}'` is one call; a
 * copied write carries its Idempotency-Key, so it answers as it did and does nothing twice.
 */
export function shellLines(environment: string, tokenFile: string): string[] {
  return [
    `set -a; . ${environment}; set +a`,
    'key="x-api-key: $PEAQOS_API_KEY"',
    `agent="x-agent-pairing-token: $(cat ${tokenFile})"`,
    "api() { local call=$1 path=$2; shift 2; curl -s -X $call \\",
    '  "$PEAQOS_ORCHESTRATION_URL/api/v1$path" -H \'content-type: application/json\' "$@"; echo; }',
  ];
}

/** A `fetch` for the SDK that prints what it carries to the market and the transactions it hands to the node. */
export function marketFetch(marketUrl: string, screen: Screen, told: Told): typeof fetch {
  const base = `${marketUrl}/api/v1`;
  return async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    const body = typeof init?.body === "string" ? init.body : undefined;
    if (url.startsWith(base)) {
      told.requests++;
      for (const line of curlLines(url.slice(base.length), init ?? {}, body)) screen.copy(line);
    } else if (body?.includes("eth_sendRawTransaction")) {
      for (const { method, params } of [JSON.parse(body) as RpcRequest | RpcRequest[]].flat()) {
        if (method !== "eth_sendRawTransaction") continue;
        const hash = keccak256(params?.[0] as Hex);
        told.transactions.push(hash);
        screen.copy(`tx ${hash}`);
      }
    }
    return fetch(input, init);
  };
}

type RpcRequest = { method?: string; params?: unknown[] };

function curlLines(path: string, init: RequestInit, body: string | undefined): string[] {
  const headers = new Headers(init.headers);
  const key = headers.get("idempotency-key");
  const who = headers.has("x-agent-pairing-token") ? ' -H "$agent"' : ' -H "$key"';
  const lines = [`api ${init.method ?? "GET"} ${quoted(path)}${who}`];
  if (key !== null) lines.push(`  -H 'idempotency-key: ${key}'`);
  if (body !== undefined) lines.push(`  -d '${body.replaceAll("'", "'\\''")}'`);
  return lines.map((line, index) => (index < lines.length - 1 ? `${line} \\` : line));
}

/** A query needs quotes in a shell. */
const quoted = (path: string) => (/[?&]/.test(path) ? `'${path}'` : path);
