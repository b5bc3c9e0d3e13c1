import { stringifyJson } from "@peaqos/protocol";
import type { PoolClient } from "pg";

/** A locked row and what becomes of it. */
export type Changed<Row> = { readonly before: Row; readonly after: Row };

type StatefulRow = { readonly id: string; readonly status: string };
type Column<Row> = readonly [name: keyof Row & string, type: string];

/**
 * Changes many rows of a table with one statement: the columns that a step may set, and `updated_at`. The rows must be
 * locked: their status is still the one that was read.
 */
export function createChangeRows<Row extends StatefulRow>(table: string, columns: readonly Column<Row>[]) {
  const names = columns.map(([name]) => name).join(", ");
  const types = columns.map(([, type], at) => `$${at + 4}::${type}[]`).join(", ");
  // JSON that stays is not written anew: read once, it may have lost digits that the row still has.
  const sets = columns.map(([name, type]) =>
    type === "jsonb" ? `${name} = coalesce(new.${name}, ${table}.${name})` : `${name} = new.${name}`,
  );
  const text = `update ${table} set updated_at = $1, ${sets.join(", ")}
    from unnest($2::text[], $3::text[], ${types}) as new (id, was, ${names})
    where ${table}.id = new.id and ${table}.status = new.was`;

  function parameter({ before, after }: Changed<Row>, [name, type]: Column<Row>): unknown {
    const value = after[name];
    if (type === "jsonb") {
      if (value === before[name]) return null;
      if (value === null) throw new Error(`no step takes ${name} of ${table} away`);
      return stringifyJson(value);
    }
    // The driver would write a time in local parts, digit by digit.
    if (value instanceof Date) return value.toISOString();
    return typeof value === "bigint" ? String(value) : value;
  }

  return async (client: PoolClient, now: Date, list: readonly Changed<Row>[]): Promise<void> => {
    if (list.length === 0) return;
    const { rowCount } = await client.query({
      name: `change_${table}`,
      text,
      values: [
        now,
        list.map(({ before }) => before.id),
        list.map(({ before }) => before.status),
        ...columns.map((column) => list.map((each) => parameter(each, column))),
      ],
    });
    if (rowCount !== list.length) throw new Error(`rows of ${table} were changed although they were locked`);
  };
}
