import { defineOperation } from "@peaqos/protocol";
import { pino } from "pino";
import { expect, test } from "vitest";
import { z } from "zod";
import { DatabaseDown } from "../db/errors.ts";
import { type ErrorFormat, HttpError } from "../errors.ts";
import { createMetrics } from "../metrics.ts";
import { internalKeyHeader } from "./limits.ts";
import { createHttpServer } from "./server.ts";

const big = z.union([z.int(), z.bigint()]).meta({ type: "integer" });

const operations = {
  getThing: defineOperation({
    id: "getThing",
    method: "GET",
    path: "/things/{id}",
    auth: "none",
    idempotent: false,
    params: z.object({ id: z.string().regex(/^\d+$/) }),
    responses: { 200: { description: "a thing", schema: z.object({ value: big }).meta({ id: "Thing" }) } },
    errors: [],
    summary: "Read a thing",
    tags: ["things"],
  }),
  putThing: defineOperation({
    id: "putThing",
    method: "PUT",
    path: "/things/{id}",
    auth: "none",
    idempotent: true,
    params: z.object({ id: z.string() }),
    body: z.object({ value: big }).nullish(),
    responses: { 200: { description: "stored", schema: z.object({ stored: big.nullable() }) } },
    errors: [],
    summary: "Write a thing",
    tags: ["things"],
  }),
};

const messages = {
  routeNotFound: [404, "no such route"],
  methodNotAllowed: [405, "wrong method"],
  payloadTooLarge: [413, "too large"],
  unsupportedMediaType: [415, "wrong type"],
  invalidJson: [400, "not JSON"],
  tooManyRequests: [429, "slow down"],
  databaseUnavailable: [503, "no database"],
  internal: [500, "our mistake"],
} as const;

const errors: ErrorFormat = {
  invalid: (issues) => ({ status: 422, body: { issues } }),
  failed: (error, requestId) => ({
    status: error.status,
    body: { code: error.code, text: error.message, requestId },
  }),
  describe: (code) => new HttpError(messages[code][0], code, messages[code][1]),
};

type Answers = { get?: () => unknown; perMinute?: number };

async function server({ get = () => ({ value: 1 }), perMinute = 0 }: Answers = {}) {
  return createHttpServer({
    info: { title: "Things", version: "1.0.0", description: "" },
    operations,
    handlers: {
      getThing: () => ({ status: 200, body: get() }),
      putThing: ({ body }) => ({ status: 200, body: { stored: body?.value ?? null } }),
    },
    errors,
    logger: pino({ level: "silent" }),
    metrics: createMetrics({ service: "things", defaults: false }),
    rateLimit: { perMinute, internalKey: "the internal key", exempt: [] },
    bodyLimit: 1_000,
    checkAnswers: true,
  });
}

test("integers of any size pass in and out as raw JSON integers", async () => {
  const app = await server();
  const text = '{"value":115792089237316195423570985008687907853269984665640564039457584007913129639935}';
  const put = await app.inject({
    method: "PUT",
    url: "/things/1",
    payload: text,
    headers: { "content-type": "application/json" },
  });
  expect(put.body).toBe(text.replace("value", "stored"));
  expect((await app.inject("/things/1")).body).toBe('{"value":1}');
});

test("an empty JSON body is no body", async () => {
  const app = await server();
  const put = await app.inject({
    method: "PUT",
    url: "/things/1",
    payload: "",
    headers: { "content-type": "application/json" },
  });
  expect([put.statusCode, put.body]).toEqual([200, '{"stored":null}']);
});

test("a body that could reach a prototype is refused", async () => {
  const app = await server();
  for (const payload of [
    '{"__proto__":{"a":1}}',
    '{"\\u005f_proto__":{"a":1}}',
    '{"constructor":{"prototype":{}}}',
  ]) {
    const put = await app.inject({
      method: "PUT",
      url: "/things/1",
      payload,
      headers: { "content-type": "application/json" },
    });
    expect([put.statusCode, put.json().code], payload).toEqual([400, "invalidJson"]);
  }
});

test("every layer's errors have the service's own body", async () => {
  const app = await server();
  const json = { "content-type": "application/json" };
  const answers = [
    await app.inject("/nowhere"),
    await app.inject({ method: "DELETE", url: "/things/1" }),
    await app.inject({ method: "PUT", url: "/things/1", payload: "{", headers: json }),
    await app.inject({
      method: "PUT",
      url: "/things/1",
      payload: "x",
      headers: { "content-type": "text/csv" },
    }),
    await app.inject({
      method: "PUT",
      url: "/things/1",
      payload: `{"a":"${"x".repeat(2_000)}"}`,
      headers: json,
    }),
  ];
  expect(answers.map((answer) => [answer.statusCode, answer.json().code])).toEqual([
    [404, "routeNotFound"],
    [405, "methodNotAllowed"],
    [400, "invalidJson"],
    [415, "unsupportedMediaType"],
    [413, "payloadTooLarge"],
  ]);
  expect(answers[1]?.headers.allow).toBe("GET, PUT");
});

test("a request that does not fit names place, path and rule", async () => {
  const app = await server();
  expect((await app.inject("/things/abc")).json().issues).toEqual([
    { in: "path", path: ["id"], rule: "invalid_format", message: expect.any(String) },
  ]);
  const put = await app.inject({ method: "PUT", url: "/things/1", payload: { value: "x" } });
  expect(put.json().issues).toMatchObject([{ in: "body", path: ["value"] }]);
});

test("a path the router refuses has the service's own body and does not come back in it", async () => {
  const app = await server();
  for (const url of ["/things/%FF", `/things/${"9".repeat(600)}`]) {
    const answer = await app.inject(url);
    expect(answer.statusCode).toBe(422);
    expect(answer.json().issues).toMatchObject([{ in: "path", path: [], rule: "invalid_format" }]);
    expect(answer.body).not.toContain("%FF");
    expect(answer.body.length).toBeLessThan(200);
    expect(answer.headers["x-content-type-options"]).toBe("nosniff");
  }
});

test("a mistake of ours is a 500 without its text, a lost database a 503", async () => {
  const failing = await server({
    get: () => {
      throw new Error("secret inside");
    },
  });
  const crashed = await failing.inject("/things/1");
  expect(crashed.statusCode).toBe(500);
  expect(crashed.body).not.toContain("secret");
  const down = await server({
    get: () => {
      throw new DatabaseDown("gone");
    },
  });
  expect((await down.inject("/things/1")).statusCode).toBe(503);
});

test("an answer that differs from its declaration is caught when checking is on", async () => {
  const app = await server({ get: () => ({ value: "text" }) });
  expect((await app.inject("/things/1")).statusCode).toBe(500);
});

test("the rate limit answers 429 with headers and lets our own services pass", async () => {
  const app = await server({ perMinute: 2 });
  const statuses = [];
  for (let i = 0; i < 3; i++) statuses.push((await app.inject("/things/1")).statusCode);
  expect(statuses).toEqual([200, 200, 429]);
  const limited = await app.inject("/things/1");
  expect(limited.headers).toMatchObject({
    "retry-after": expect.any(String),
    "x-ratelimit-limit": "2",
    "x-ratelimit-remaining": "0",
  });
  expect(limited.json().code).toBe("tooManyRequests");
  const own = await app.inject({ url: "/things/1", headers: { [internalKeyHeader]: "the internal key" } });
  expect(own.statusCode).toBe(200);
  const wrong = await app.inject({ url: "/things/1", headers: { [internalKeyHeader]: "another key" } });
  expect(wrong.statusCode).toBe(429);
});

test("the OpenAPI document names operations, components and integers; the page needs nothing from outside", async () => {
  const app = await server();
  await app.ready();
  const document = app.swagger() as unknown as {
    openapi: string;
    paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
    components: { schemas: Record<string, unknown> };
  };
  expect(document.openapi).toBe("3.1.1");
  expect(document.paths["/things/{id}"]?.get?.operationId).toBe("getThing");
  expect(document.components.schemas.Thing).toMatchObject({ properties: { value: { type: "integer" } } });
  expect(JSON.stringify(document.components.schemas.Thing)).not.toContain("anyOf");
  const page = await app.inject("/docs");
  expect([page.statusCode, page.headers["content-type"]]).toEqual([
    200,
    expect.stringContaining("text/html"),
  ]);
  expect(page.body).not.toMatch(/(?:src|href)="https?:/);
});

test("a caller's request id comes back, a strange one is replaced", async () => {
  const app = await server();
  const given = await app.inject({ url: "/things/1", headers: { "x-request-id": "abc-1" } });
  expect(given.headers["x-request-id"]).toBe("abc-1");
  const strange = await app.inject({ url: "/things/1", headers: { "x-request-id": "a b\u00e9" } });
  expect(strange.headers["x-request-id"]).not.toBe("a b\u00e9");
});
