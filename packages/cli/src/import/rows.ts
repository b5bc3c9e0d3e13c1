import { createReadStream } from "node:fs";
import { parse } from "csv-parse";
import { usageError } from "../engine/errors.ts";
import type { Cell, Cells } from "./canonical.ts";

export type Format = "csv" | "jsonl";

/** `row` counts data rows from 1; `line` is the line in the file, as an editor shows it. */
export type Row = { readonly row: number; readonly line: number; readonly cells: Cells };

/** A row that could not be read at all. */
export type BrokenRow = {
  readonly row: number;
  readonly line: number;
  readonly broken: string;
  readonly text: string;
};

/** CSV by its name, else by its first character: a JSON line begins with a brace. */
export function formatOf(file: string, asked: Format | undefined): Format {
  if (asked) return asked;
  return /\.(jsonl|ndjson|json)$/i.test(file) ? "jsonl" : "csv";
}

/** Reads the rows of a file one after the other; a row that breaks the format comes as a `BrokenRow`. */
export function readRows(file: string, format: Format, delimiter: string): AsyncGenerator<Row | BrokenRow> {
  return format === "csv" ? readCsv(file, delimiter) : readJsonLines(file);
}

async function* readCsv(file: string, delimiter: string): AsyncGenerator<Row | BrokenRow> {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: 1_000_000,
  });
  const source = createReadStream(file);
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let header: string[] | undefined;
  let row = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      if (!header) {
        header = checkHeader(record, file);
        continue;
      }
      row += 1;
      const line = info.lines - newlinesIn(record);
      if (record.length !== header.length) {
        yield {
          row,
          line,
          broken: `has ${record.length} cells, the header has ${header.length}`,
          text: record.join(delimiter).slice(0, 80),
        };
        continue;
      }
      yield { row, line, cells: Object.fromEntries(header.map((name, index) => [name, record[index]!])) };
    }
  } catch (error) {
    const { code, lines } = error as { code?: string; lines?: number };
    if (!code?.startsWith("CSV_")) throw error;
    throw usageError({
      code: "BROKEN_FILE",
      message: `${file} is not readable as CSV from line ${lines ?? "?"} on`,
      value: (error as Error).message.split("\n")[0]!.slice(0, 120),
      rule: "a quote that opens has to close; a quote inside quotes is written twice",
      next: "correct the line, or give --delimiter or --format jsonl",
      details: { line: lines },
    });
  } finally {
    source.destroy();
  }
  if (row === 0) throw emptyFile(file);
}

function newlinesIn(record: readonly string[]): number {
  return record.reduce((sum, cell) => sum + (cell.match(/\n/g)?.length ?? 0), 0);
}

function checkHeader(record: readonly string[], file: string): string[] {
  const names = record.map((name) => name.trim());
  const empty = names.indexOf("");
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (empty === -1 && twice === undefined) return names;
  throw usageError({
    code: "BROKEN_FILE",
    message:
      twice !== undefined && twice !== ""
        ? `The column ${twice} stands twice in the header of ${file}`
        : `Column ${empty + 1} of ${file} has no name`,
    value: names.join(", ").slice(0, 120),
    rule: "the first line names every column once",
    next: "correct the first line",
  });
}

async function* readJsonLines(file: string): AsyncGenerator<Row | BrokenRow> {
  let row = 0;
  let line = 0;
  for await (const text of linesOf(file)) {
    line += 1;
    const trimmed = (line === 1 ? text.replace(/^\uFEFF/, "") : text).trim();
    if (trimmed === "") continue;
    row += 1;
    let value: unknown;
    try {
      value = JSON.parse(trimmed, exactIntegers as (key: string, value: unknown) => unknown);
    } catch (error) {
      yield { row, line, broken: `is not JSON: ${(error as Error).message}`, text: trimmed.slice(0, 80) };
      continue;
    }
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      yield { row, line, broken: "is not a JSON object", text: trimmed.slice(0, 80) };
      continue;
    }
    yield { row, line, cells: value as Record<string, Cell> };
  }
  if (row === 0) throw emptyFile(file);
}

/**
 * Lines as JSON lines has them: cut at a line feed and nowhere else. (node:readline also cuts at U+2028, which may
 * stand inside a JSON string.)
 */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of createReadStream(file, "utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Whole numbers beyond 2^53 stay exact. */
function exactIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}

function emptyFile(file: string) {
  return usageError({
    code: "EMPTY_FILE",
    message: `${file} holds no rows`,
    value: file,
    rule: "a CSV file has a header line and at least one row; JSON lines have one object per line",
    next: "check the path",
  });
}
