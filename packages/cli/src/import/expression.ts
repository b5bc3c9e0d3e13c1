import { parseTimestamp } from "../engine/values.ts";
import { type Cells, cellOf, cellText } from "./canonical.ts";
import {
  add,
  ceil,
  compare,
  divide,
  type Fraction,
  floor,
  multiply,
  negate,
  parseNumber,
  round,
  whole,
} from "./number.ts";

/** What an expression gives for a row: exact number, text, or yes/no. */
export type Value = { readonly number: Fraction } | { readonly text: string } | { readonly truth: boolean };

/** Why a row has no value: the column that is wrong, its cell, and the rule. */
export class CellProblem extends Error {
  override readonly name = "CellProblem";
  readonly column: string;
  readonly value: string;

  constructor(column: string, value: string, rule: string) {
    super(rule);
    this.column = column;
    this.value = value;
  }
}

export type Expression = {
  readonly source: string;
  readonly columns: ReadonlySet<string>;
  evaluate(cells: Cells, zone: string | undefined): Value;
};

type Node = (cells: Cells, zone: string | undefined) => Value;

/** An expression that cannot be read; `at` is the place in its text, from 0. */
export class ExpressionError extends Error {
  override readonly name = "ExpressionError";
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const TOKEN =
  /\s*(?:(?<number>\d+(?:\.\d+)?)|(?<text>'[^']*'|"[^"]*")|\{(?<braced>[^}]+)\}|(?<word>[\p{L}_][\p{L}\p{N}_.]*)|(?<sign><=|>=|!=|[-+*/()<>=]))/uy;

type Token = {
  readonly kind: "number" | "text" | "column" | "word" | "sign" | "end";
  readonly text: string;
  readonly at: number;
};

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const at = TOKEN.lastIndex;
    if (source.slice(at).trim() === "") break;
    const groups = TOKEN.exec(source)?.groups;
    if (!groups) throw new ExpressionError(`cannot read "${source.slice(at).trim().slice(0, 10)}"`, at);
    const { number, text, braced, word, sign } = groups;
    if (number !== undefined) tokens.push({ kind: "number", text: number, at });
    else if (text !== undefined) tokens.push({ kind: "text", text: text.slice(1, -1), at });
    else if (braced !== undefined) tokens.push({ kind: "column", text: braced.trim(), at });
    else if (word !== undefined) tokens.push({ kind: "word", text: word, at });
    else tokens.push({ kind: "sign", text: sign!, at });
  }
  tokens.push({ kind: "end", text: "", at: source.length });
  return tokens;
}

const FUNCTIONS = ["round", "floor", "ceil", "time"] as const;

/**
 * Reads `round(kwh * 1000)`, `time(ended_at) - time(started_at)`, `dollars > 0`. Words are columns (`{any name}` for
 * names with blanks), texts stand in quotes. A text that is exactly a column's name is that column. Without `known`
 * (JSON lines, where rows may differ) every word is taken as a column, and a row that lacks it is a bad row.
 */
export function parseExpression(source: string, known: readonly string[] | undefined): Expression {
  const columns = new Set<string>();
  if (known?.includes(source.trim())) {
    const name = source.trim();
    columns.add(name);
    return { source, columns, evaluate: (cells) => ({ text: textOf(cells, name) }) };
  }
  const tokens = tokenize(source);
  let index = 0;
  const peek = () => tokens[index]!;
  const take = (text: string) => {
    if (peek().kind !== "sign" || peek().text !== text) return false;
    index += 1;
    return true;
  };
  const expect = (text: string) => {
    if (!take(text)) throw new ExpressionError(`"${text}" is missing`, peek().at);
  };

  const primary = (): Node => {
    const token = peek();
    index += 1;
    if (token.kind === "number") {
      const number = parseNumber(token.text)!;
      return () => ({ number });
    }
    if (token.kind === "text") return () => ({ text: token.text });
    if (token.kind === "sign" && token.text === "(") {
      const inner = comparison();
      expect(")");
      return inner;
    }
    if (token.kind === "sign" && token.text === "-") {
      const inner = primary();
      return (cells, zone) => ({ number: negate(numberOf(inner(cells, zone), cells, "-")) });
    }
    if (token.kind === "word" && (FUNCTIONS as readonly string[]).includes(token.text) && take("(")) {
      const start = peek();
      const inner = comparison();
      expect(")");
      return call(token.text as (typeof FUNCTIONS)[number], inner, start.text);
    }
    if (token.kind === "word" || token.kind === "column") {
      if (known && !known.includes(token.text)) {
        throw new ExpressionError(`there is no column ${token.text}`, token.at);
      }
      columns.add(token.text);
      return (cells) => ({ text: textOf(cells, token.text), column: token.text }) as Value;
    }
    throw new ExpressionError(
      token.kind === "end" ? "it ends too early" : `"${token.text}" is out of place`,
      token.at,
    );
  };

  const binary = (
    next: () => Node,
    signs: Readonly<Record<string, (a: Fraction, b: Fraction) => Fraction | undefined>>,
  ) => {
    return (): Node => {
      let left = next();
      while (peek().kind === "sign" && Object.hasOwn(signs, peek().text)) {
        const sign = peek().text;
        index += 1;
        const [a, b] = [left, next()];
        left = (cells, zone) => {
          const result = signs[sign]!(
            numberOf(a(cells, zone), cells, source),
            numberOf(b(cells, zone), cells, source),
          );
          if (result) return { number: result };
          throw new CellProblem([...columns].join(", "), source, "divides by zero");
        };
      }
      return left;
    };
  };
  const product = binary(primary, { "*": multiply, "/": divide });
  const sum = binary(product, { "+": add, "-": (a, b) => add(a, negate(b)) });
  const comparison = (): Node => {
    const left = sum();
    const sign = peek();
    if (sign.kind !== "sign" || !["=", "!=", "<", "<=", ">", ">="].includes(sign.text)) return left;
    index += 1;
    const right = sum();
    return (cells, zone) => ({
      truth: compareValues(left(cells, zone), sign.text, right(cells, zone), source),
    });
  };

  const root = comparison();
  if (peek().kind !== "end") throw new ExpressionError(`"${peek().text}" is out of place`, peek().at);
  return { source, columns, evaluate: root };
}

function call(name: (typeof FUNCTIONS)[number], inner: Node, label: string): Node {
  if (name === "time") {
    return (cells, zone) => {
      const value = inner(cells, zone);
      if (!("text" in value)) throw new CellProblem(label, label, "time() takes a column with a time");
      return { number: whole(timeOf(value.text, columnOf(value) ?? label, zone)) };
    };
  }
  const apply = { round, floor, ceil }[name];
  return (cells, zone) => ({ number: whole(apply(numberOf(inner(cells, zone), cells, label))) });
}

const columnOf = (value: Value) => (value as { column?: string }).column;

function textOf(cells: Cells, column: string): string {
  const cell = cellOf(cells, column);
  if (cell === undefined) throw new CellProblem(column, "(nothing)", "the row has no such column");
  const text = cellText(cell);
  if (text === undefined) throw new CellProblem(column, "(a list or an object)", "must be one value");
  return text;
}

function numberOf(value: Value, _cells: Cells, label: string): Fraction {
  if ("number" in value) return value.number;
  if ("text" in value) {
    const number = parseNumber(value.text);
    if (number) return number;
    throw new CellProblem(columnOf(value) ?? label, value.text, "must be a number, as 12 or 5.61");
  }
  throw new CellProblem(label, String(value.truth), "must be a number");
}

function compareValues(left: Value, sign: string, right: Value, source: string): boolean {
  let order: number;
  const [a, b] = [left, right].map((value) =>
    "number" in value ? value.number : "text" in value ? parseNumber(value.text) : undefined,
  );
  if (a && b) order = compare(a, b);
  else if ("text" in left && "text" in right && (sign === "=" || sign === "!=")) {
    order = left.text === right.text ? 0 : 1;
  } else if ("text" in left && !a && "number" in right) {
    throw new CellProblem(columnOf(left) ?? source, left.text, "must be a number to be compared with one");
  } else if ("text" in left && "text" in right) {
    order = left.text < right.text ? -1 : left.text > right.text ? 1 : 0;
  } else {
    throw new CellProblem(
      columnOf(right) ?? source,
      "text" in right ? right.text : "",
      "must be a number to be compared with one",
    );
  }
  return {
    "=": order === 0,
    "!=": order !== 0,
    "<": order < 0,
    "<=": order <= 0,
    ">": order > 0,
    ">=": order >= 0,
  }[sign]!;
}

const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?$/;

/** Unix seconds of a cell: digits, ISO 8601 with a zone, or without one when `--zone` says which. */
export function timeOf(text: string, column: string, zone: string | undefined): bigint {
  const bare = WITHOUT_ZONE.test(text);
  const parsed = parseTimestamp(bare && zone !== undefined ? `${text}${zone}` : text);
  if (parsed !== undefined) return parsed;
  throw new CellProblem(
    column,
    text === "" ? "(empty)" : text,
    bare && zone === undefined
      ? "has no time zone: say which with --zone (Z, +02:00, -05:00)"
      : "must be Unix seconds or ISO 8601, as 2026-04-23T12:00:00Z or 2026-04-23 12:00:00 with --zone",
  );
}
