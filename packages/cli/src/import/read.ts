import type { BadRow, Mapper, PreparedRow } from "./mapping.ts";
import type { BrokenRow, Row } from "./rows.ts";

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
    mapper ??= mapperFor(Object.keys(row.cells));
    const outcome = mapper(row);
    if ("ok" in outcome) good.push(outcome.ok);
    else if ("bad" in outcome) bad.push(outcome.bad);
    else filtered += 1;
  }
  return { rows, filtered, good, bad };
}
