import { readFileSync } from "node:fs";
import { serviceTypes } from "@peaqos/protocol/market";
import fc from "fast-check";
import { expect, test } from "vitest";
import { randomEntries } from "../search/random-catalogue.ts";
import { checkCatalogue, readCatalogue } from "./check.ts";
import { documentOf, hashOfDocument } from "./document.ts";

const page = new URL("../../../../docs/search.md", import.meta.url);

test("the catalogue of the documentation is one", () => {
  const text = /```json\n([^`]*)```/.exec(readFileSync(page, "utf8"))?.[1] ?? "";
  const read = readCatalogue(JSON.parse(text));
  expect(read).toMatchObject({ version: "2026-11-22", documents: [{ id: "svc_reference_rates" }] });
});

test("what the generator makes is a catalogue, and reading it twice gives the same hashes", () => {
  const entries = randomEntries(200, 1);
  const checked = checkCatalogue({ version: "1", services: entries });
  const read = readCatalogue(JSON.parse(JSON.stringify({ version: "1", services: entries })));
  if ("problems" in checked || "problems" in read) return expect.unreachable();
  expect(read.documents.map(hashOfDocument)).toEqual(checked.documents.map(hashOfDocument));
});

test("a hash depends on the content and on nothing else", () => {
  const [entry] = randomEntries(1, 2);
  const document = documentOf(entry!);
  const turned = Object.fromEntries(Object.entries(document).toReversed()) as typeof document;
  expect(hashOfDocument(turned)).toBe(hashOfDocument(document));
  expect(hashOfDocument({ ...document, name: `${document.name} ` })).not.toBe(hashOfDocument(document));
});

test("whatever a file holds, it is read or every problem has a field and a text", () => {
  const services = fc.array(
    fc.record(
      {
        id: fc.oneof(fc.constantFrom("svc_a", "status", "a b", ""), fc.anything()),
        skillKey: fc.constant("skill"),
        providerKey: fc.constant("provider"),
        providerLabel: fc.constant("Provider"),
        serviceType: fc.constantFrom(...serviceTypes, "unknown"),
        name: fc.constant("Name"),
        operations: fc.oneof(fc.constant(["run"]), fc.anything()),
        metadata: fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.anything()),
        pricing: fc.anything(),
      },
      { requiredKeys: [] },
    ),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.record({ version: fc.constant("1"), services })), (given) => {
      const read = readCatalogue(given);
      if (!("problems" in read)) return;
      expect(read.problems.length).toBeGreaterThan(0);
      for (const problem of read.problems) expect(problem.message).not.toBe("");
    }),
    { numRuns: 500 },
  );
});
