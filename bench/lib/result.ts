/** What a bench reports: one row per goal of the performance table in docs/performance.md. */
export type Row = {
  /** Goal number: P5, P6 ... */
  readonly id: string;
  readonly what: string;
  /** Our figure and the anchor's, each with its unit, as printed. */
  readonly ours: string;
  readonly anchor: string;
  /** The figure that is judged: a ratio against the anchor of the same run, or an absolute value. */
  readonly value: number;
  readonly goal: { readonly op: "<=" | ">="; readonly limit: number; readonly unit: string };
  readonly note?: string;
};

export type Bench = {
  readonly id: string;
  readonly title: string;
  run(context: BenchContext): Promise<Row[]>;
};

export type BenchContext = {
  /** How often each pair is measured, in turn; the median ratio is reported. */
  readonly rounds: number;
  /** A tenth of the work, to see that a bench runs at all. Its figures mean nothing. */
  readonly quick: boolean;
  log(line: string): void;
};

export const reached = (row: Row): boolean =>
  row.goal.op === "<=" ? row.value <= row.goal.limit : row.value >= row.goal.limit;

export function format(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** The table of one run as GitHub Markdown, readable in a terminal as well. */
export function table(rows: readonly Row[]): string {
  const cells = [
    ["", "measured", "ours", "anchor, same run", "figure", "goal", ""],
    ...rows.map((row) => [
      row.id,
      row.what,
      row.ours,
      row.anchor,
      `${format(row.value)} ${row.goal.unit}`.trim(),
      `${row.goal.op} ${row.goal.limit} ${row.goal.unit}`.trim(),
      reached(row) ? "reached" : "**not reached**",
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  const rule = `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`;
  const notes = rows.filter((row) => row.note).map((row) => `${row.id} ${row.what}: ${row.note}`);
  return [line(cells[0]!), rule, ...cells.slice(1).map(line), ...(notes.length ? ["", ...notes] : [])].join(
    "\n",
  );
}
