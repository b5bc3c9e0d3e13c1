import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as sdk from "@peaqos/peaq-os-sdk";
import { sanitizeBody } from "@peaqos/peaq-os-sdk/orchestration";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as checks from "../packages/sdk/src/orchestration/checks.ts";
import * as envelopes from "../packages/sdk/src/orchestration/envelopes.ts";
import { send } from "../packages/sdk/src/orchestration/transport.ts";
import { buildOrchestrationUrl } from "../packages/sdk/src/orchestration/url.ts";
import { marketStub, type StubAnswer } from "../packages/sdk/test/market-stub.ts";
import { orchestrationDifferences, withoutCounterpart } from "./orchestration-differences.ts";

/**
 * The market's client against outputs recorded from the published client: what it sends, reads and refuses. The
 * recorded names are Python's; a caller of ours writes camelCase, so arguments are renamed once, as a person would.
 */

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON of many shapes
type Any = any;
type Vector = { id: string; fn: string; input: Any; expect: { value?: Any; error?: Any } };

const file = JSON.parse(readFileSync(new URL("orchestration.json", import.meta.url), "utf8"));
const vectors: Vector[] = file.vectors;
const privateKey = `0x${createHash("sha256").update("vector:machine-secp256k1").digest("hex")}`;
const contracts = Object.fromEntries(
  Object.entries<string>(file.meta.setup.contracts).map(([name, address]) => [
    sdk.snakeToCamelKey(name),
    address,
  ]),
) as sdk.PeaqosClientOptions["contracts"];

/** Floats and lists as JavaScript has them. */
function decode(value: Any): Any {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$float === "string") return Number(value.$float);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decode(inner)]));
}

/** What a JavaScript caller writes for a recorded Python object: no unset fields, names in camelCase, `input`. */
function asCaller(value: Any): Any {
  if (Array.isArray(value)) return value.map(asCaller);
  if (typeof value !== "object" || value === null) return value;
  const free = new Set([
    "labels",
    "input_payload",
    "input",
    "evidence",
    "credentials",
    "settings",
    "metadata",
  ]);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => key !== "$type" && inner !== null)
      .map(([key, inner]) => [
        key === "input_payload" ? "input" : sdk.snakeToCamelKey(key),
        free.has(key) ? inner : asCaller(inner),
      ]),
  );
}

let stub: Awaited<ReturnType<typeof marketStub>>;
beforeAll(async () => {
  stub = await marketStub();
});
afterAll(() => stub.stop());

function client(apiKey: string | null = file.meta.setup.apiKey) {
  return new sdk.PeaqosClient({
    rpcUrl: "http://127.0.0.1:1",
    privateKey,
    contracts,
    orchestrationUrl: stub.url,
    ...(apiKey !== null && { apiKey }),
  }).orchestration as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>;
}

/** The recorded reply is a 500, so that only the request counts. */
const refuse: StubAnswer = { status: 500, body: "{}" };
const counted = ["content-type", "x-api-key", "x-agent-pairing-token"];

async function wire({ method, args, named, apiKey }: Any) {
  stub.answer(() => refuse);
  const timeout = vi.spyOn(AbortSignal, "timeout");
  const given = decode(args)
    .map(asCaller)
    .map((value: unknown) => value ?? undefined);
  // Named arguments of Python's lists are one object here.
  if (named !== undefined) given.push(asCaller(decode(named)));
  await client(apiKey)
    [sdk.snakeToCamelKey(method)]?.(...given)
    .catch((error) => {
      if (!(error instanceof sdk.OrchestrationApiError)) throw error;
    });
  const timeoutMs = timeout.mock.lastCall?.[0];
  timeout.mockRestore();
  if (stub.requests.length === 0) return { request: null };
  const { path, headers, body, ...request } = stub.last();
  if (request.method === "GET") expect(headers["idempotency-key"]).toBeUndefined();
  else expect(headers["idempotency-key"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(headers["user-agent"]).toBe(`peaq-os-sdk-js/${sdk.SDK_VERSION}`);
  expect(headers.authorization).toBeUndefined();
  return {
    request: {
      ...request,
      url: `${file.meta.setup.orchestrationUrl}${path}`,
      headers: Object.fromEntries(
        counted.filter((name) => name in headers).map((name) => [name, headers[name]]),
      ),
      timeoutMs,
      ...(body !== "" && { body: JSON.parse(body) }),
    },
  };
}

async function received({ status, body, shape, requestBody }: Any) {
  stub.answer(() => ({ status, ...(body !== null && { body }) }));
  const api = (await import("../packages/sdk/src/orchestration/api.ts")).orchestrationApiOf({
    baseUrl: stub.url,
  });
  const data = await send(api as NonNullable<typeof api>, {
    method: "POST",
    url: `${stub.url}/api/v1/x`,
    auth: { kind: "platform" },
    idempotent: false,
    retryable: () => false,
    ...(requestBody !== null && { body: requestBody }),
  });
  if (data !== undefined && shape === "item") envelopes.assertItemResponse(data);
  if (data !== undefined && shape === "list") envelopes.assertListResponse(data);
  return data === undefined ? null : sdk.toSnakeCase(data as Record<string, unknown>);
}

const run: Record<string, (input: Any) => unknown> = {
  buildOrchestrationUrl: ({ baseUrl, path, query }) =>
    buildOrchestrationUrl(baseUrl, path, sdk.toCamelCase(query ?? {}) as Record<string, string>),
  sanitizeBody: ({ body }) => sanitizeBody(body),
  assertItemResponse: ({ data }) => envelopes.assertItemResponse(data),
  assertListResponse: ({ data }) => envelopes.assertListResponse(data),
  assertErrorResponse: ({ data }) => envelopes.assertErrorResponse(data),
  assertExecuteResponse: ({ data }) => envelopes.assertExecuteResponse(sdk.toCamelCase(data)),
  validateListLimit: ({ limit }) => checks.validateListLimit(limit),
  paginationQueryParams: ({ list_query, extra, ...given }) => {
    const query = sdk.toSnakeCase(checks.paginationQueryParams({ ...extra, ...list_query, ...given }));
    return Object.keys(query).length === 0 ? null : query;
  },
  assertNonEmptyString: ({ value }) => checks.assertNonEmptyString("machineId", value),
  assertParseableHttpUrl: ({ url }) => checks.assertParseableHttpUrl("endpointBaseUrl", url),
  apiRequest: received,
};

type Outcome = { value: Any } | { error: Any };

async function outcomeOf({ fn, input }: Vector): Promise<Outcome> {
  try {
    const call = fn.startsWith("client.orchestration.") ? wire : run[fn];
    return { value: (await call?.(input)) ?? null };
  } catch (error) {
    if (!(error instanceof sdk.PeaqosError)) throw error;
    return { error: { ...error, type: error.name } };
  }
}

/** The recorded outcome with our names of classes' fields. */
function recordedOutcome({ expect: { value, error } }: Vector): Outcome {
  if (error === undefined) return { value: decode(value ?? null) };
  return {
    error: Object.fromEntries(
      Object.entries(error).map(([key, inner]) => [
        sdk.snakeToCamelKey(key),
        key === "field" ? sdk.snakeToCamelKey(String(inner)) : inner,
      ]),
    ),
  };
}

const page = readFileSync(new URL("../docs/decisions/orchestration-vectors.md", import.meta.url), "utf8");
const compared = vectors.filter(({ fn }) => !(fn in withoutCounterpart));

describe("the published client's recorded market calls", () => {
  test.each(compared.map((vector) => [vector.id, vector] as const))("%s", async (id, vector) => {
    const outcome = await outcomeOf(vector);
    const expected = orchestrationDifferences[id] ?? recordedOutcome(vector);
    if ("error" in expected)
      expect("error" in outcome ? outcome.error : outcome).toMatchObject(expected.error);
    else expect(outcome).toEqual(expected);
  });

  test("all of the file: 44 calls among them", () => {
    expect(vectors).toHaveLength(file.count);
    expect(vectors.filter(({ fn }) => fn.startsWith("client.orchestration."))).toHaveLength(44);
    const unknown = compared.filter(({ fn }) => !fn.startsWith("client.orchestration.") && !(fn in run));
    expect(unknown.map(({ fn }) => fn)).toEqual([]);
  });

  test("every difference is a case of the file, differs, and is explained on the decision page", () => {
    for (const [id, ours] of Object.entries(orchestrationDifferences)) {
      const vector = vectors.find((each) => each.id === id);
      expect(vector, id).toBeDefined();
      expect(recordedOutcome(vector as Vector), id).not.toEqual(ours);
      expect(page, `docs/decisions/orchestration-vectors.md does not name ${id}`).toContain(id);
    }
    for (const fn of Object.keys(withoutCounterpart)) expect(page).toContain(fn);
  });
});
