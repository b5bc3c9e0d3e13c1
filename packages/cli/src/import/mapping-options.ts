import type { Field } from "../commands/qualify-import/spec.ts";
import { usageError } from "../engine/errors.ts";
import { type Expression, ExpressionError, parseExpression } from "./expression.ts";
import type { MappingOptions } from "./mapping.ts";

/** What can be wrong with the options of an import before a row is looked at. */

export function readExpression(
  flag: string,
  source: string,
  columns: readonly string[] | undefined,
): Expression {
  try {
    return parseExpression(source, columns);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw usageError({
      code: "BAD_EXPRESSION",
      message: `${flag}${source} cannot be read: ${error.message}`,
      value: source,
      rule: "a column, or numbers and columns with + - * / ( ) and round, floor, ceil, time; names with blanks in {}",
      next: columns ? `the columns are: ${columns.join(", ")}` : "see `peaqos qualify import --help`",
    });
  }
}

export function checkTogether(options: MappingOptions, fields: ReadonlyMap<Field, Expression>): void {
  if (!fields.has("ts")) {
    throw usageError({
      code: "MISSING_OPTION",
      message: "No column says when the events happened",
      value: "(nothing)",
      rule: "--map ts=COLUMN is needed",
      next: "for example --map ts=started_at --zone Z",
    });
  }
  if (!fields.has("type") && options.type === undefined) {
    throw usageError({
      code: "MISSING_OPTION",
      message: "Nothing says which type the events have",
      value: "(nothing)",
      rule: "--type revenue, --type activity or --map type=COLUMN is needed",
      next: "add --type activity (work) or --type revenue (money)",
    });
  }
  const both = [
    ["type", options.type],
    ["value", options.value],
    ["currency", options.currency],
    ["source-chain", options.sourceChain],
  ] as const;
  for (const [field, constant] of both) {
    if (constant !== undefined && fields.has(field)) {
      throw usageError({
        message: `--${field} and --map ${field}=... both say what ${field} is`,
        value: fields.get(field)!.source,
        rule: "a field is either the same for all rows or comes from a column",
        next: "leave one of the two out",
      });
    }
  }
  if (options.type !== "activity" && !fields.has("value") && options.value === undefined) {
    throw usageError({
      code: "MISSING_OPTION",
      message: "Nothing says how much the revenue events are worth",
      value: "(nothing)",
      rule: "--value N or --map value=COLUMN is needed for revenue, in minor units (cents)",
      next: "for example --map 'value=round(dollars * 100)'",
    });
  }
  if (options.type === "activity" && (options.currency !== undefined || fields.has("currency"))) {
    throw usageError({
      message: "An activity event has no currency",
      value: options.currency ?? fields.get("currency")!.source,
      rule: "currency belongs to revenue events",
      next: "leave --currency out, or use --type revenue",
    });
  }
}

export function mappedTwice(field: string) {
  return usageError({
    message: `--map fills ${field} twice`,
    value: field,
    rule: "each field comes from one column or expression",
    next: "leave one of them out",
  });
}

export function noColumn(name: string, columns: readonly string[]) {
  return usageError({
    code: "NO_SUCH_COLUMN",
    message: `The file has no column ${name}`,
    value: name,
    rule: `must be one of ${columns.join(", ")}`,
    next: "columns are written exactly as in the first line of the file",
  });
}
