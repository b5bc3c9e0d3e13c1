import { invalid } from "./errors.ts";

/** Pages newest first by (created_at, id). The cursor names the last row of the page before; it is opaque to clients. */

export type Cursor = { readonly createdAt: string; readonly id: string };

const idPattern = /^[A-Za-z0-9._~:@-]{1,200}$/;

/** Never empty and never beginning with `-`: one published client prints it unquoted into a command line. */
export function cursorText({ createdAt, id }: Cursor): string {
  return `c${Buffer.from(`${createdAt} ${id}`).toString("base64url")}`;
}

/** @throws HttpError VALIDATION_ERROR for anything this service has not made. */
export function readCursor(text: string | undefined): Cursor | null {
  if (text === undefined) return null;
  const [createdAt = "", id = "", ...rest] = Buffer.from(text.slice(1), "base64url")
    .toString("utf8")
    .split(" ");
  const isOurs =
    text.startsWith("c") &&
    rest.length === 0 &&
    idPattern.test(id) &&
    /^\d{4}-\d\d-\d\dT[\d:.]{8,16}Z$/.test(createdAt);
  if (!isOurs || Number.isNaN(Date.parse(createdAt)))
    throw invalid("cursor", "is not a nextCursor of this list; leave it out for the first page");
  return { createdAt, id };
}

/**
 * Cuts a page from `limit + 1` rows. `created_at` must come as text with microseconds:
 * `to_char(created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  cursorOf: (row: Row) => Cursor,
  itemOf: (row: Row) => Item,
): { items: Item[]; nextCursor?: string } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const items = page.map(itemOf);
  return rows.length > limit && last !== undefined
    ? { items, nextCursor: cursorText(cursorOf(last)) }
    : { items };
}
