import { canonicalRow } from "./canonical.ts";
import type { BadRow, Mapper, PreparedRow } from "./mapping.ts";
import type { BrokenRow, Row } from "./rows.ts";

/** What decoding puts in place of bytes that are no UTF-8. */
const REPLACED = /\uFFFD/;

export type ReadResult = {
  readonly rows: number;
  readonly filtered: number;
  readonly good: readonly PreparedRow[];
  readonly bad: readonly BadRow[];
};

/** Reads a whole file before anything is sent, so that the plan is complete and one bad row can stop all. */
export async function readAll(
  source: AsyncIterable<Row | BrokenRow>,
  mapperFor: (columns: readonly string[]) => Mapper,
): Promise<ReadResult> {
  const good: PreparedRow[] = [];
  const bad: BadRow[] = [];
  let rows = 0;
  let filtered = 0;
  let mapper: Mapper | undefined;
  for await (const row of source) {
    rows += 1;
    if ("broken" in row) {
      bad.push({ row: row.row, line: row.line, column: "(whole row)", value: row.text, rule: row.broken });
      continue;
    }
    if (REPLACED.test(canonicalRow(row.cells))) {
      // Two rows with different broken bytes would have one identity: neither may be stored under it.
      bad.push({
        row: row.row,
        line: row.line,
        column: "(whole row)",
        value: "(broken characters)",
        rule: "must be UTF-8: save the file in that encoding",
      });
      continue;
    }
    mapper ??= mapperFor(Object.keys(row.cells));
    const outcome = mapper(row);
    if ("ok" in outcome) good.push(outcome.ok);
    else if ("bad" in outcome) bad.push(outcome.bad);
    else filtered += 1;
  }
  return { rows, filtered, good, bad };
}
