import { type MarketOperation, marketBasePath, marketOperations } from "@peaqos/protocol/market";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestMarket, type TestMarket } from "./test-market.ts";

type Json = { [key: string]: Json } | Json[] | string | number | boolean | null;
type Document = {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, { operationId: string; responses: Record<string, Json> }>>;
  components?: { schemas?: Record<string, Json> };
};

let market: TestMarket;
let document: Document;

beforeAll(async () => {
  market = await startTestMarket();
  document = (await (await fetch(`${market.api}/openapi.json`)).json()) as Document;
});
afterAll(() => market?.[Symbol.asyncDispose]());

/** Every object in it, however deep. */
function* objectsIn(value: Json): Generator<{ [key: string]: Json }> {
  if (Array.isArray(value)) for (const each of value) yield* objectsIn(each);
  else if (typeof value === "object" && value !== null) {
    yield value;
    for (const each of Object.values(value)) yield* objectsIn(each);
  }
}

test("every operation of the table is in the document, once, with every status it declares", () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  const found = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, responses }]) => ({
      call: `${method.toUpperCase()} ${path}`,
      operationId,
      statuses: Object.keys(responses).sort(),
    })),
  );
  const table = Object.values(marketOperations as Record<string, MarketOperation>).map(
    ({ id, method, path, responses }) => ({
      call: `${method} ${marketBasePath}${path}`,
      operationId: id,
      statuses: Object.keys(responses).sort(),
    }),
  );
  const byId = (a: { operationId: string }, b: { operationId: string }) =>
    a.operationId < b.operationId ? -1 : 1;
  expect(found.sort(byId)).toEqual(table.sort(byId));
});

test("every reference leads somewhere and every schema is JSON Schema 2020-12", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const schemas = document.components?.schemas ?? {};
  ajv.addSchema({ $id: "https://market.invalid/", components: { schemas } });
  for (const each of objectsIn(document as unknown as Json)) {
    const reference = each.$ref;
    if (typeof reference !== "string") continue;
    const name = reference.replace("#/components/schemas/", "");
    expect(Object.keys(schemas), reference).toContain(name);
  }
  for (const [name, schema] of Object.entries(schemas))
    expect(ajv.validateSchema(schema as object), `${name}: ${ajv.errorsText()}`).toBe(true);
});

test("the page opens, and loads nothing from elsewhere", async () => {
  const page = await fetch(`${market.url}/docs`);
  expect(page.status).toBe(200);
  const html = await page.text();
  expect(html).toContain("swagger");
  expect(html).not.toMatch(/(src|href)="https?:/);
});
