import { expect, test } from "vitest";
import { serviceTypeOf, taskOf } from "./task.ts";
import { areaOf, regionAllowed, wordOf } from "./words.ts";

test("words are the same whatever their case, spaces and underscores", () => {
  for (const text of ["get-latest-price", "Get_Latest Price", "  get latest_price "])
    expect(wordOf(text)).toBe("get-latest-price");
  expect(areaOf("eu-west")).toBe("eu");
  expect(areaOf("global")).toBe("global");
});

// Guarantees that a region an owner has forbidden stays forbidden, whatever else is allowed.
test("region rules allow by name or beginning, and what is forbidden stays so", () => {
  expect(regionAllowed([], "us-east")).toBe(true);
  expect(regionAllowed(["eu-*"], "EU-West")).toBe(true);
  expect(regionAllowed(["eu-*"], "us-east")).toBe(false);
  expect(regionAllowed(["eu-west", "us-east"], "us_east")).toBe(true);
  expect(regionAllowed(["!us-*"], "eu-west")).toBe(true);
  expect(regionAllowed(["!us-*"], "us-east")).toBe(false);
  expect(regionAllowed(["*", "!us-east"], "us-east")).toBe(false);
  expect(regionAllowed(["us-east", "! us-east"], "us-east")).toBe(false);
  expect(regionAllowed(["eu"], "eu-west")).toBe(false);
});

test("the published short words stand for their types; any other word is taken as it is", () => {
  expect(serviceTypeOf("RTK")).toBe("data.location");
  expect(serviceTypeOf("compute.inference")).toBe("compute.inference");
  expect(serviceTypeOf("constructor")).toBe("constructor");
  for (const nothing of [undefined, "", "  "]) expect(serviceTypeOf(nothing)).toBeNull();
});

test("a tolerant request becomes one task", () => {
  const empty = {
    serviceType: null,
    operation: null,
    requiredCapabilities: [],
    region: null,
    allowExternalHandoff: true,
    requireNativeExecution: false,
    budget: null,
    maxResults: 100,
  };
  const request = (fields: object) => taskOf(fields as Parameters<typeof taskOf>[0]);
  expect(request({})).toEqual(empty);
  expect(request({ operation: " ", requiredCapabilities: [" fx ", "fx", ""] })).toEqual({
    ...empty,
    requiredCapabilities: ["fx"],
  });
  // Both switches together mean native only.
  expect(request({ requireNativeExecution: true, allowExternalHandoff: true })).toMatchObject({
    requireNativeExecution: true,
    allowExternalHandoff: false,
  });
  expect(request({ budget: { preferred: 2 } }).budget).toEqual({ max: null, amount: 2, currency: null });
  for (const [given, meant] of [
    [0, 100],
    [-1, 100],
    [7, 7],
    [5_000, 100],
  ] as const)
    expect(request({ maxResults: given }).maxResults).toBe(meant);
});
