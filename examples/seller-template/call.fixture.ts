import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CatalogueService } from "./types.ts";

/** For tests: calls a seller as the market does. */

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers
export type Answer = { status: number; headers: Headers; text: string; body: any };

export async function post(
  url: string,
  input: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", "idempotency-key": crypto.randomUUID(), ...headers },
    body: typeof input === "string" ? input : JSON.stringify(input),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

/** Executes an operation by what its listing says, with the listed example unless told otherwise. */
export function execute(
  listing: CatalogueService,
  operation: string,
  input?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const endpoint = listing.endpoints.find((each) => each.operation === operation);
  const contract = listing.operationContracts.find((each) => each.operation === operation);
  if (!endpoint || !contract) throw new Error(`${listing.name} lists no ${operation}`);
  return post(endpoint.url + endpoint.path, input ?? contract.exampleInput, headers);
}

export function temporaryFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "peaqos-seller-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
