import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canonicalRow } from "./canonical.ts";
import { sortOut } from "./known.ts";
import { readRows } from "./rows.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peaqos-rows-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function canonical(text: string, format: "csv" | "jsonl" = "csv", delimiter = ","): Promise<string[]> {
  const file = join(folder, `rows.${format}`);
  await writeFile(file, text);
  const rows: string[] = [];
  for await (const row of readRows(file, format, delimiter)) {
    if ("broken" in row) throw new Error(row.broken);
    rows.push(canonicalRow(row.cells));
  }
  return rows;
}

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const plainOr = (cell: string) => (/[",\r\n;]|^$|^\s|\s$/.test(cell) ? quoted(cell) : cell);

const column = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const cell = fc
  .string({ unit: "grapheme", maxLength: 12 })
  .filter((text) => !/[\r]/.test(text) && text.isWellFormed());
const tableOf = fc.uniqueArray(column, { minLength: 2, maxLength: 6 }).chain((columns) =>
  fc.record({
    columns: fc.constant(columns),
    order: fc.shuffledSubarray(columns, { minLength: columns.length }),
    rows: fc.array(fc.dictionary(fc.constantFrom(...columns), cell, { noNullPrototype: true }), {
      minLength: 1,
      maxLength: 5,
    }),
  }),
);

test("a row has one identity, whatever the order of columns, the quoting, the delimiter and the line ends", async () => {
  await fc.assert(
    fc.asyncProperty(tableOf, async ({ columns, order, rows }) => {
      const full = rows.map((row) => Object.fromEntries(columns.map((name) => [name, row[name] ?? ""])));
      const write = (
        names: readonly string[],
        end: string,
        quote: (text: string) => string,
        delimiter: string,
      ) =>
        [
          names.join(delimiter),
          ...full.map((row) => names.map((name) => quote(row[name]!)).join(delimiter)),
        ].join(end) + end;
      const expected = full.map((row) => canonicalRow(row));
      // A line that is empty in full is no row; it needs at least one character to be one.
      expect(await canonical(write(columns, "\n", quoted, ","))).toEqual(expected);
      expect(await canonical(`\uFEFF${write(order, "\r\n", quoted, ";")}`, "csv", ";")).toEqual(expected);
      expect(await canonical(write(order, "\n", plainOr, ","))).toEqual(expected);
      expect(await canonical(`${full.map((row) => JSON.stringify(row)).join("\n")}\n`, "jsonl")).toEqual(
        expected,
      );
    }),
    { numRuns: 60 },
  );
});

test("rows that differ in any cell or column have different identities", () => {
  const cells = fc.dictionary(column, cell, { noNullPrototype: true });
  fc.assert(
    fc.property(cells, cells, (a, b) => {
      const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
      expect(canonicalRow(a) === canonicalRow(b)).toBe(same);
    }),
  );
});

test("after any number of interrupted runs the chain holds each row exactly once", () => {
  const file = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 });
  fc.assert(
    fc.property(file, fc.array(fc.nat(20), { maxLength: 6 }), fc.boolean(), (rows, cuts, keepRepeats) => {
      const chain = new Map<string, number>();
      const wanted = rows.map((id) => ({ identity: `1:${id}`, machineId: 7n }));
      const runOnce = (limit: number) => {
        const { toSend } = sortOut(wanted, () => chain, keepRepeats);
        for (const { identity } of toSend.slice(0, limit))
          chain.set(identity, (chain.get(identity) ?? 0) + 1);
        return toSend.length;
      };
      for (const cut of cuts) runOnce(cut);
      runOnce(Number.POSITIVE_INFINITY);
      expect(runOnce(Number.POSITIVE_INFINITY)).toBe(0);
      for (const id of new Set(rows)) {
        const copies = keepRepeats ? rows.filter((other) => other === id).length : 1;
        expect(chain.get(`1:${id}`)).toBe(copies);
      }
    }),
  );
});
