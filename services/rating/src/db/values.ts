import type { PoolClient } from "pg";

/** Bridges between our values and SQL's. */

export type Client = Pick<PoolClient, "query">;

/** Hex text as PostgreSQL reads bytea. */
export function bytes(hex: string): string {
  return `\\x${hex.slice(2)}`;
}

export function bytesOrNull(hex: string | null): string | null {
  return hex === null ? null : bytes(hex);
}

/** Text of UTF-8 bytes in hex, `null` when they are none. */
export function utf8(hex: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(hex.slice(2), "hex"));
  } catch {
    return null;
  }
}

export type Column<Row> = {
  readonly name: string;
  /** Type of one value, `numeric`. */
  readonly type: string;
  readonly of: (row: Row) => string | number | bigint | boolean | null;
};

/** `insert into … select … from unnest(…)`: many rows, one statement, one plan. */
export function insertMany<Row>(table: string, columns: readonly Column<Row>[], conflict = "") {
  const names = columns.map((column) => column.name).join(", ");
  const arrays = columns.map((column, i) => `$${i + 1}::${column.type}[]`).join(", ");
  const text = `insert into ${table} (${names}) select * from unnest(${arrays}) ${conflict}`;
  return async (client: Client, rows: readonly Row[]): Promise<void> => {
    if (rows.length === 0) return;
    await client.query({
      name: `${table} ${conflict.length}`,
      text,
      values: columns.map(({ of }) => rows.map(of)),
    });
  };
}
