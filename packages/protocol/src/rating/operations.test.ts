import { expect, test } from "vitest";
import { z } from "zod";
import { defineOperation, type Operation, pathParameters } from "../operation.ts";
import { ratingErrors } from "./errors.ts";
import { getMcrExplanation, getOperatorMachines, ratingOperations } from "./operations.ts";

const operations: [string, Operation][] = Object.entries(ratingOperations);

test("the table's keys are the operations' ids", () => {
  for (const [key, operation] of operations) expect(operation.id).toBe(key);
});

test("no two operations share a method and path", () => {
  const routes = operations.map(([, operation]) => `${operation.method} ${operation.path}`);
  expect(new Set(routes).size).toBe(routes.length);
});

test("every named error exists and its status is declared", () => {
  for (const [id, operation] of operations)
    for (const name of operation.errors) {
      const error = ratingErrors[name as keyof typeof ratingErrors];
      expect(error, `${id}: ${name}`).toBeDefined();
      expect(Object.keys(operation.responses).map(Number), `${id}: ${name}`).toContain(error.status);
    }
});

test("an operation whose path and params differ is refused", () => {
  expect(pathParameters("/a/{b}/c/{d_e}")).toEqual(["b", "d_e"]);
  expect(() =>
    defineOperation({ ...getMcrExplanation, path: "/mcr/{other}", params: z.object({ did: z.string() }) }),
  ).toThrow("operation getMcrExplanation: path has {other}, params has {did}");
});

test("a query number is plain digits within its bounds", () => {
  const query = getOperatorMachines.query;
  expect(query.parse({})).toEqual({ offset: 0, limit: 200 });
  expect(query.parse({ offset: "7", limit: "500" })).toEqual({ offset: 7, limit: 500 });
  for (const limit of ["0", "501", "-1", "1e2", " 5", "", "1.5", "abc", "99999999999999999999"])
    expect(query.safeParse({ limit }).success, limit).toBe(false);
});
