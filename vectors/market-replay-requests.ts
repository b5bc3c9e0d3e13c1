import { readFileSync } from "node:fs";
import { type MarketOperation, marketOperations } from "@peaqos/protocol/market";

/** The requests that the published client was recorded sending, and what a market says to them as they are. */

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of many shapes
export type Any = any;
export type Recorded = { method: string; path: string; headers: Record<string, string>; body?: Any };

export const file = JSON.parse(readFileSync(new URL("orchestration.json", import.meta.url), "utf8"));
const base = `${file.meta.setup.orchestrationUrl}/api/v1`;

/** JSON text with the numbers as Python wrote them: 5.0 is not 5 there. */
export function textOf(body: unknown): string {
  return JSON.stringify(body).replaceAll(/\{"\$float":"([^"]+)"\}/g, "$1");
}

export const calls = file.vectors.filter(({ fn }: Any) => fn.startsWith("client.orchestration."));
export const requests = new Map<string, Recorded>();
for (const { id, expect: recorded } of calls) {
  const request = recorded.value?.request;
  if (!request) continue;
  const { url, method, headers, body } = request;
  requests.set(id.slice("wire/".length), {
    method,
    path: url.slice(base.length),
    headers,
    ...(body === undefined ? {} : { body }),
  });
}

/** What the recorded request gets as it is: the status, and the code of a refusal. Absent: a success. */
export const refusals: Record<string, [status: number, code: string]> = {
  "create-machine": [403, "MACHINE_NOT_ACTIVATED"],
  "update-machine": [404, "NOT_FOUND"],
  "archive-machine": [404, "NOT_FOUND"],
  "get-machine-id-not-encoded": [404, "NOT_FOUND"],
  "list-machines": [400, "VALIDATION_ERROR"],
  "identity-challenge": [403, "MACHINE_NOT_ACTIVATED"],
  "pairing-challenge": [404, "NOT_FOUND"],
  "pairing-create": [404, "NOT_FOUND"],
  "pairing-session": [404, "NOT_FOUND"],
  "pairing-update": [404, "NOT_FOUND"],
  "pairing-revoke": [404, "NOT_FOUND"],
  "agent-enroll-no-params": [404, "NOT_FOUND"],
  "agent-enroll": [404, "NOT_FOUND"],
  "agent-heartbeat": [401, "AGENT_AUTH_INVALID"],
  "endpoint-upsert": [404, "NOT_FOUND"],
  "endpoint-delete": [404, "NOT_FOUND"],
  search: [401, "AGENT_AUTH_INVALID"],
  "orders-list": [404, "NOT_FOUND"],
  "order-create": [401, "AGENT_AUTH_INVALID"],
  "payment-intent-empty": [401, "AGENT_AUTH_INVALID"],
  "payment-get": [404, "NOT_FOUND"],
  "payment-proof": [401, "AGENT_AUTH_INVALID"],
  "escrow-lock": [401, "AGENT_AUTH_INVALID"],
  execute: [401, "AGENT_AUTH_INVALID"],
  "execute-no-input": [401, "AGENT_AUTH_INVALID"],
  confirm: [401, "AGENT_AUTH_INVALID"],
  dispute: [401, "AGENT_AUTH_INVALID"],
  "release-none": [401, "AGENT_AUTH_INVALID"],
  refund: [401, "AGENT_AUTH_INVALID"],
  "policies-no-api-key": [401, "AUTH_REQUIRED"],
};

/** The row of the table that a request belongs to. */
export function operationOf({ method, path }: Recorded): MarketOperation {
  const parts = path.split("?")[0]!.split("/");
  const found = Object.values<MarketOperation>(marketOperations as Any).find((operation) => {
    const own = operation.path.split("/");
    const fits =
      own.length === parts.length && own.every((part, at) => part.startsWith("{") || part === parts[at]);
    return fits && operation.method === method;
  });
  if (found === undefined) throw new Error(`no operation for ${method} ${path}`);
  return found;
}
