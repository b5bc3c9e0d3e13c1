import type { Field, MapEntry } from "../commands/qualify-import/spec.ts";
import { keccak256 } from "../config/keccak.ts";
import { EVENT_TYPES, type SourceChain, sourceChain, TRUST_LEVELS } from "../engine/event-values.ts";
import { currency, txHash, UINT256_MAX } from "../engine/values.ts";
import { type Cells, canonicalRow, cellOf, cellText } from "./canonical.ts";
import { CellProblem, type Expression, timeOf } from "./expression.ts";
import { checkTogether, mappedTwice, noColumn, readExpression } from "./mapping-options.ts";
import { isWhole, parseNumber } from "./number.ts";
import type { Row } from "./rows.ts";

/** A row that breaks a rule. */
export type BadRow = {
  readonly row: number;
  readonly line: number;
  readonly column: string;
  readonly value: string;
  readonly rule: string;
};

/** A row as an event, its machine not yet looked up. */
export type PreparedRow = {
  readonly row: number;
  readonly line: number;
  /** Text in the machine column; `undefined` when all rows belong to one machine. */
  readonly machine: string | undefined;
  /** Event type and data hash: what the chain is asked for. */
  readonly identity: string;
  readonly dataHash: `0x${string}`;
  readonly event: {
    readonly eventType: 0 | 1;
    readonly value: bigint;
    readonly currency: string;
    readonly timestamp: bigint;
    readonly rawData: Uint8Array;
    readonly trustLevel: 0 | 1 | 2;
    readonly sourceChainId: bigint;
    readonly sourceTxHash: `0x${string}` | null;
    readonly metadata: Uint8Array | null;
  };
};

export type MappingOptions = {
  readonly map: readonly MapEntry[];
  readonly type: "revenue" | "activity" | undefined;
  readonly value: bigint | undefined;
  readonly currency: string | undefined;
  readonly trust: "self" | "onchain" | "hardware";
  readonly sourceChain: SourceChain | undefined;
  readonly machineColumn: string | undefined;
  readonly metadataColumns: readonly string[];
  readonly where: readonly string[];
  readonly zone: string | undefined;
  readonly shift: number;
};

/** 2000-01-01: an event before it is a unit or clock mistake. */
const OLDEST = 946_684_800n;

export const identityOf = (type: number, dataHash: string): string => `${type}:${dataHash.toLowerCase()}`;

export type Mapper = (row: Row) => { ok: PreparedRow } | { bad: BadRow } | { filtered: true };

/**
 * Builds the function that turns a row into an event. `columns` are those of a CSV header; `newest` is the chain's
 * own time, which no event may pass. Throws a usage error when the options do not fit together or name no column.
 */
export function createMapper(
  options: MappingOptions,
  columns: readonly string[] | undefined,
  newest: bigint | undefined,
): Mapper {
  const fields = new Map<Field, Expression>();
  for (const { field, expression } of options.map) {
    if (fields.has(field)) throw mappedTwice(field);
    fields.set(field, readExpression(`--map ${field}=`, expression, columns));
  }
  checkTogether(options, fields);
  const conditions = options.where.map((condition) => readExpression("--where ", condition, columns));
  for (const name of [options.machineColumn, ...options.metadataColumns]) {
    if (name !== undefined && columns && !columns.includes(name)) throw noColumn(name, columns);
  }
  return (row) => {
    try {
      for (const condition of conditions) {
        const value = condition.evaluate(row.cells, options.zone);
        if (!("truth" in value)) throw new CellProblem("--where", condition.source, "must be a comparison");
        if (!value.truth) return { filtered: true };
      }
      return { ok: prepare(row, options, fields, newest) };
    } catch (error) {
      if (!(error instanceof CellProblem)) throw error;
      const { column, value, message } = error;
      return { bad: { row: row.row, line: row.line, column, value, rule: message } };
    }
  };
}

function prepare(
  { row, line, cells }: Row,
  options: MappingOptions,
  fields: ReadonlyMap<Field, Expression>,
  newest: bigint | undefined,
): PreparedRow {
  const { zone } = options;
  const columnOf = (field: Field) => [...(fields.get(field)?.columns ?? [])].join(", ") || field;
  const evaluate = (field: Field) => fields.get(field)?.evaluate(cells, zone);
  const word = <T>(field: Field, fallback: T, rule: string, parse: (text: string) => T | undefined): T => {
    const value = evaluate(field);
    if (value === undefined) return fallback;
    const text =
      "text" in value
        ? value.text
        : "number" in value && isWhole(value.number)
          ? String(value.number.n / value.number.d)
          : "";
    const parsed = parse(text);
    if (parsed !== undefined) return parsed;
    throw new CellProblem(columnOf(field), text === "" ? "(empty)" : text, rule);
  };

  const typeWord = word("type", options.type, "must be revenue or activity", (text) =>
    Object.hasOwn(EVENT_TYPES, text) ? (text as "revenue") : undefined,
  )!;
  const eventType = EVENT_TYPES[typeWord];
  const trustWord = word("trust", options.trust, "must be self, onchain or hardware", (text) =>
    Object.hasOwn(TRUST_LEVELS, text) ? (text as "self") : undefined,
  );
  const chain = word(
    "source-chain",
    options.sourceChain ?? { word: "same", id: 0n },
    sourceChain.rule,
    sourceChain.parse,
  );
  const sourceTxHash = word<`0x${string}` | null>("source-tx", null, txHash.rule, (text) =>
    text === "" ? null : txHash.parse(text),
  );
  if (trustWord === "onchain" && sourceTxHash === null) {
    throw new CellProblem(columnOf("source-tx"), "(nothing)", "trust onchain needs a source transaction");
  }
  // Buffers of small rows share memory; an array of its own for each would cost three times as much.
  const rawData = Buffer.from(canonicalRow(cells));
  const dataHash = keccak256(rawData);
  return {
    row,
    line,
    machine: options.machineColumn === undefined ? undefined : machineText(cells, options.machineColumn),
    identity: identityOf(eventType, dataHash),
    dataHash,
    event: {
      eventType,
      value: eventValue(cells, options, fields, columnOf("value")),
      currency:
        eventType === 1
          ? ""
          : word("currency", options.currency ?? "USD", currency.rule, (text) => currency.parse(text)),
      timestamp: eventTime(cells, options, fields.get("ts")!, newest, columnOf("ts")),
      rawData,
      trustLevel: TRUST_LEVELS[trustWord],
      sourceChainId: chain.id,
      sourceTxHash,
      metadata: metadataOf(cells, options.metadataColumns),
    },
  };
}

function machineText(cells: Cells, column: string): string {
  const cell = cellOf(cells, column);
  const text = cell === undefined ? "" : (cellText(cell) ?? "");
  if (text === "") throw new CellProblem(column, "(empty)", "must name a machine");
  return text;
}

function eventValue(
  cells: Cells,
  options: MappingOptions,
  fields: ReadonlyMap<Field, Expression>,
  column: string,
): bigint {
  const expression = fields.get("value");
  if (!expression) return options.value ?? 0n;
  const result = expression.evaluate(cells, options.zone);
  const shown = "text" in result ? result.text : expression.source;
  const number = "number" in result ? result.number : "text" in result ? parseNumber(result.text) : undefined;
  if (!number) throw new CellProblem(column, shown === "" ? "(empty)" : shown, "must be a number");
  const inWords = "text" in result ? shown : `${expression.source} = ${decimal(number)}`;
  if (!isWhole(number)) {
    throw new CellProblem(
      column,
      inWords,
      "must be whole minor units; use round(...), as round(dollars * 100)",
    );
  }
  const value = number.n / number.d;
  if (value < 0n || value > UINT256_MAX)
    throw new CellProblem(column, inWords, "must be 0 or more, at most 2^256 - 1");
  return value;
}

function decimal({ n, d }: { n: bigint; d: bigint }): string {
  const scaled = (n * 10_000n) / d;
  const sign = scaled < 0n ? "-" : "";
  const positive = scaled < 0n ? -scaled : scaled;
  return `${sign}${positive / 10_000n}.${String(positive % 10_000n).padStart(4, "0")}`.replace(/\.?0+$/, "");
}

function eventTime(
  cells: Cells,
  { zone, shift }: MappingOptions,
  expression: Expression,
  newest: bigint | undefined,
  column: string,
): bigint {
  const result = expression.evaluate(cells, zone);
  let seconds: bigint;
  if ("text" in result) seconds = timeOf(result.text, column, zone);
  else if ("number" in result && isWhole(result.number)) seconds = result.number.n / result.number.d;
  else throw new CellProblem(column, expression.source, "must be a time");
  const shifted = seconds + BigInt(shift);
  const shown = "text" in result ? result.text : String(seconds);
  const after = shift === 0 ? "" : ` (with --shift ${shift}: ${shifted})`;
  if (shifted < OLDEST) throw new CellProblem(column, shown + after, "must be in the year 2000 or later");
  if (newest !== undefined && shifted > newest) {
    throw new CellProblem(
      column,
      shown + after,
      `must not lie in the future: the chain's clock says ${new Date(Number(newest) * 1000).toISOString().slice(0, 19)}Z`,
    );
  }
  return shifted;
}

function metadataOf(cells: Cells, columns: readonly string[]): Uint8Array | null {
  if (columns.length === 0) return null;
  const chosen = Object.fromEntries(
    columns.map((name) => {
      const cell = cellOf(cells, name);
      if (cell === undefined) throw new CellProblem(name, "(nothing)", "the row has no such column");
      return [name, cell];
    }),
  );
  const bytes = new TextEncoder().encode(canonicalRow(chosen));
  if (bytes.length > 4096) {
    throw new CellProblem(columns.join(", "), `${bytes.length} bytes`, "metadata holds at most 4096 bytes");
  }
  return bytes;
}
