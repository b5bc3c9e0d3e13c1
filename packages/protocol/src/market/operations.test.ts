import { describe, expect, test } from "vitest";
import { z } from "zod";
import { pathParameters } from "../operation.ts";
import { clientErrorCodes, type MarketErrorSpec, marketErrorSchema, marketErrors } from "./errors.ts";
import { handoffFixture, marketFixtures } from "./fixtures.ts";
import * as market from "./index.ts";
import type { MarketOperation } from "./operation.ts";
import { type MarketOperationId, marketOperations } from "./operations.ts";

const operations = Object.entries(marketOperations) as [MarketOperationId, MarketOperation][];

test("46 calls of the published clients and 31 of ours", () => {
  expect(operations.filter(([, each]) => each.published)).toHaveLength(46);
  expect(operations.filter(([, each]) => !each.published)).toHaveLength(32);
});

test("ids are the keys, and no two operations share a method and path", () => {
  for (const [key, operation] of operations) expect(operation.id).toBe(key);
  const routes = operations.map(([, { method, path }]) => `${method} ${path.replace(/\{\w+\}/g, "{}")}`);
  expect(new Set(routes).size).toBe(routes.length);
});

test("the table as one line per operation", () => {
  const lines = operations.map(
    ([id, { method, path, auth, envelope, responses }]) =>
      `${id}: ${method} ${path} ${auth} ${envelope} ${Object.keys(responses)
        .filter((status) => status < "300")
        .join("/")}`,
  );
  expect(lines.join("\n")).toMatchSnapshot();
});

test("the agent's token opens exactly the ten published agent calls, batches, check, cancel and retry", () => {
  const byToken = operations.filter(([, { auth }]) => auth === "pairing").map(([id]) => id);
  expect(byToken.sort()).toEqual(
    [
      "searchMarket",
      "createMarketOrder",
      "executeMarketOrder",
      "confirmMarketOrder",
      "disputeMarketOrder",
      "createPaymentIntent",
      "submitPaymentProof",
      "lockEscrowPayment",
      "releasePayment",
      "refundPayment",
      "createMarketOrders",
      "checkMarketOrder",
      "cancelMarketOrder",
      "retryMarketOrder",
    ].sort(),
  );
  const either = operations.filter(([, { auth }]) => auth === "apiKeyOrPairing").map(([id]) => id);
  expect(either).toEqual(["getPairingAllowance"]);
  const open = operations.filter(([, { auth }]) => auth === "none").map(([id]) => id);
  expect(open.sort()).toEqual(["getHealth", "getReadiness", "machineAgentHeartbeat"]);
});

test("every error exists, its status is declared, and every code belongs to an operation or the router", () => {
  const used = new Set<string>();
  for (const [id, operation] of operations)
    for (const code of operation.errors) {
      used.add(code);
      const { status } = marketErrors[code];
      expect(operation.responses[status]?.schema, `${id}: ${code}`).toBe(marketErrorSchema);
    }
  const rows = Object.entries<MarketErrorSpec>(marketErrors);
  expect(rows.filter(([code, spec]) => !used.has(code) && !spec.routing).map(([code]) => code)).toEqual([]);
  expect(rows.filter(([code, spec]) => used.has(code) && spec.routing)).toEqual([]);
});

test("the published codes, ours, and statuses that carry a body", () => {
  const rows = Object.entries<MarketErrorSpec>(marketErrors);
  // 34 of the package plus ENDPOINT_UNREACHABLE, which only the seeds have.
  expect(rows.filter(([, spec]) => !spec.ours)).toHaveLength(35);
  expect(rows.filter(([, spec]) => spec.ours)).toHaveLength(8);
  for (const [code, { status, title, next }] of rows) {
    expect(status, code).toBeGreaterThanOrEqual(400);
    expect(title, code).toMatch(/^[A-Z].*[^.]$/);
    expect(next, code).toMatch(/^[A-Z].*\.$/);
  }
  for (const code of clientErrorCodes) expect(marketErrors).not.toHaveProperty(code);
});

test("writes honour an idempotency key and may collide; reads do neither", () => {
  for (const [id, { method, idempotent, errors, body }] of operations) {
    const writes = method !== "GET" && id !== "checkMarketOrder";
    expect(idempotent, id).toBe(writes);
    expect(errors.includes("CONFLICT"), id).toBe(writes);
    if (method === "GET" || method === "DELETE") expect(body, id).toBeUndefined();
  }
});

describe("every answer has a fixture that fits its schema", () => {
  test.each(operations)("%s", (id, operation) => {
    const fixture = marketFixtures[id];
    expect(JSON.parse(JSON.stringify(fixture))).toEqual(fixture);
    const successes = Object.entries(operation.responses).filter(([status]) => Number(status) < 300);
    for (const [, { schema }] of successes) {
      if (schema === undefined) expect(fixture).toBeNull();
      else expect(schema.parse(fixture)).toEqual(fixture);
    }
  });
  test("both successes of an execution", () => {
    const { schema } = marketOperations.executeMarketOrder.responses[202] ?? {};
    expect(schema?.parse(handoffFixture)).toEqual(handoffFixture);
  });
});

test("every schema of the table can be printed as JSON Schema", () => {
  for (const [id, { params, query, body, responses }] of operations) {
    for (const schema of [params, query, body])
      if (schema !== undefined) expect(z.toJSONSchema(schema, { io: "input" }), id).toBeTypeOf("object");
    for (const { schema } of Object.values(responses))
      if (schema !== undefined) expect(z.toJSONSchema(schema), id).toBeTypeOf("object");
  }
});

test("names in the OpenAPI document are unique and leave the ending Input to its generator", () => {
  const names = Object.values(market).flatMap((each) =>
    each instanceof z.ZodType ? [each.meta()?.id ?? []].flat() : [],
  );
  expect(names.length).toBeGreaterThan(80);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => name.endsWith("Input"))).toEqual([]);
});

test("paths stand below the base path, their parameters are ids that need no encoding", () => {
  for (const [id, { path, params }] of operations) {
    expect(path, id).toMatch(/^\/[a-z]/);
    for (const name of pathParameters(path)) {
      const schema = params?.shape[name] as z.ZodType;
      for (const good of ["mach_61f043950cf1", "oracle.price-feed", "a:b@c~d"])
        expect(schema.safeParse(good).success, `${id} ${good}`).toBe(true);
      for (const bad of ["", "a/b", "a b", "a?b", "a#b", "ü", "x".repeat(201)])
        expect(schema.safeParse(bad).success, `${id} ${bad}`).toBe(false);
    }
  }
});
